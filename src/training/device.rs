//! The training device: the CPU, or GPUs by number.

use std::{fmt, str::FromStr};

/// `cpu`, `mps`, or numbers of GPUs: `0`, `0,1`. Ultralytics' own form.
///
/// ```
/// use foramen::training::Device;
///
/// let device: Device = "0,1".parse()?;
/// assert_eq!(device.to_string(), "0,1");
/// assert!("gpu".parse::<Device>().is_err());
/// # Ok::<(), foramen::training::ParseDeviceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device(String);

/// A text that does not name a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a device: expected cpu, mps, a GPU number, or several such as 0,1, each once")]
pub struct ParseDeviceError(String);

impl FromStr for Device {
    type Err = ParseDeviceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if ["cpu", "mps"].contains(&text) {
            return Ok(Self(text.to_owned()));
        }
        let fail = || ParseDeviceError(text.to_owned());
        let mut numbers = Vec::new();
        for part in text.split(',') {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            let number: u8 = part.parse().ok().filter(|_| digits).ok_or_else(fail)?;
            if numbers.contains(&number) {
                return Err(fail());
            }
            numbers.push(number);
        }
        Ok(Self(numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_and_others_refused() {
        for (text, read) in [("cpu", "cpu"), ("mps", "mps"), ("0", "0"), ("0,1,03", "0,1,3")] {
            assert_eq!(text.parse::<Device>().unwrap().to_string(), read);
        }
        for bad in ["", "gpu", "0,", ",0", "0,0", "00,0", "-1", "+1", "0;1", "cpu,0", "300", "0, 1", "cuda:0"] {
            assert!(bad.parse::<Device>().is_err(), "{bad}");
        }
    }
}
