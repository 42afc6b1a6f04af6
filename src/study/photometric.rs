//! `PhotometricInterpretation` (PS3.3 C.7.6.3.1.2): what samples mean.

use std::{convert::Infallible, fmt, str::FromStr};

/// What samples mean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Photometric {
    /// Grey, the lowest value is white.
    Monochrome1,
    /// Grey, the lowest value is black.
    Monochrome2,
    /// Numbers of entries of a palette.
    Palette,
    /// Red, green, blue.
    Rgb,
    /// Luminance and two colour differences.
    YbrFull,
    /// The same, and two pixels beside each other share their colour differences.
    YbrFull422,
    /// Another word.
    Other(String),
    /// The file does not say.
    #[default]
    Missing,
}

impl Photometric {
    /// As files have it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Monochrome1 => "MONOCHROME1",
            Self::Monochrome2 => "MONOCHROME2",
            Self::Palette => "PALETTE COLOR",
            Self::Rgb => "RGB",
            Self::YbrFull => "YBR_FULL",
            Self::YbrFull422 => "YBR_FULL_422",
            Self::Other(word) => word,
            Self::Missing => "",
        }
    }
}

impl FromStr for Photometric {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        let known = [
            Self::Monochrome1,
            Self::Monochrome2,
            Self::Palette,
            Self::Rgb,
            Self::YbrFull,
            Self::YbrFull422,
            Self::Missing,
        ];
        Ok(known.into_iter().find(|known| known.as_str() == word).unwrap_or_else(|| Self::Other(word.to_owned())))
    }
}

impl From<String> for Photometric {
    fn from(word: String) -> Self {
        word.parse().unwrap_or(Self::Other(word))
    }
}

impl fmt::Display for Photometric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
