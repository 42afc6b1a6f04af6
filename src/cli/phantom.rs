//! `foramen phantom`.

use std::path::PathBuf;

use super::{
    exit::{Exit, Failure, Outcome, print},
    progress,
};
use crate::phantom::{self, Dialect, PhantomOptions};

/// Make computed lumbar-spine studies (phantoms, not patients) with labels for training and testing
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many studies
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    studies: u32,
    /// Random seed; a study depends only on the seed and its number
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
    /// New or empty folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Type of files
    #[arg(long, value_enum, default_value_t)]
    dialect: Dialect,
    /// 0: severities as common as in the contest's labels; 1: equally common
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = progress::share)]
    balance: f64,
    /// Fraction of labels shifted by one grade
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = progress::share)]
    label_noise: f64,
    /// 0: textbook spines and settings; 1: the full range of people and scanners
    #[arg(long, default_value_t = 1.0, value_name = "SHARE", value_parser = progress::share)]
    variety: f64,
}

pub fn run(args: &Args) -> Outcome {
    let options = PhantomOptions {
        studies: args.studies,
        seed: args.seed,
        dialect: args.dialect,
        balance: args.balance,
        label_noise: args.label_noise,
        variety: args.variety,
    };
    let bar = progress::bar("studies");
    bar.set_length(u64::from(args.studies));
    phantom::write(&args.out, &options, &|| bar.inc(1)).map_err(|error| Failure::new(Exit::Output, error))?;
    bar.finish_and_clear();
    print(format!("{} phantom studies in {}\n", args.studies, args.out.display()).as_bytes()).map(|()| Exit::Ok)
}
