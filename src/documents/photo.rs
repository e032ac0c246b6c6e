//! What a photograph must be, judged by its header alone (R36). Pure.

use imagesize::ImageSize;
use serde::{Deserialize, Serialize};

use super::sniff::Unacceptable;
use crate::config::Photo;

/// Something that is accepted and will be noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Warning {
    /// Stable, for programs.
    pub code: String,
    /// For people.
    pub detail: String,
}

/// Refuses a photograph of which no badge can be made, and warns of one that will be cut.
pub fn judge(
    size: ImageSize,
    length_bytes: usize,
    limits: &Photo,
) -> Result<Vec<Warning>, Unacceptable> {
    let ImageSize { width, height } = size;
    let limit = limits.limit_bytes.length();
    if length_bytes > limit {
        return Err(Unacceptable::TooManyBytes { limit });
    }
    let limit_per_side = limits.max_side_pixels.length();
    if width > limit_per_side || height > limit_per_side {
        return Err(Unacceptable::TooManyPixels { limit_per_side });
    }
    let (min_width, min_height) =
        (limits.min_width_pixels.length(), limits.min_height_pixels.length());
    if width < min_width || height < min_height {
        return Err(Unacceptable::TooFewPixels { min_width, min_height });
    }
    // width : height = 3 : 4, without a fraction: |4w − 3h| of 3h, in hundredths.
    let (ours, ideal) = (width * 4, height * 3);
    if ours.abs_diff(ideal) * 100 > ideal * limits.ratio_tolerance_percent.length() {
        let detail =
            format!("{width} × {height} pixels: it will be cut to a portrait of 3:4 for the badge");
        return Ok(vec![Warning { code: "not_3_to_4".to_owned(), detail }]);
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn r36_a_photograph_has_its_measures_and_a_warning_where_it_will_be_cut() {
        use Unacceptable::{TooFewPixels, TooManyBytes, TooManyPixels};
        let limits = Config::from_toml("").unwrap().documents.photo;
        let small = Err(TooFewPixels { min_width: 300, min_height: 400 });
        for (width, height, bytes, expected) in [
            (600, 800, 5_242_880, Ok(0)),
            (300, 400, 1, Ok(0)),
            (4500, 6000, 1, Ok(0)),
            // Five per cent to each side of 3:4.
            (630, 800, 1, Ok(0)),
            (631, 800, 1, Ok(1)),
            (570, 800, 1, Ok(0)),
            (569, 800, 1, Ok(1)),
            (800, 600, 1, Ok(1)),
            (299, 400, 1, small),
            (300, 399, 1, small),
            (6001, 6000, 1, Err(TooManyPixels { limit_per_side: 6000 })),
            (600, 6001, 1, Err(TooManyPixels { limit_per_side: 6000 })),
            (600, 800, 5_242_881, Err(TooManyBytes { limit: 5_242_880 })),
        ] {
            let judged = judge(ImageSize { width, height }, bytes, &limits);
            assert_eq!(judged.map(|warnings| warnings.len()), expected, "{width} × {height}");
        }
    }
}
