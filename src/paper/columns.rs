//! How wide the columns of a table are, and which way round the sheet is.

use super::lines::{Ruler, Style};
use super::text::Text;

/// How much of a table's room its widest column may ask for so long as others need it.
const GREED: f32 = 0.45;
/// How many times the room the texts of a table may have in one line before the sheet is turned.
const CROWDED: f32 = 1.6;

/// What a column would like, in points.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Wish {
    /// So that no word is broken.
    pub least: f32,
    /// So that no text is.
    pub most: f32,
}

impl Wish {
    /// What it takes to hold a text, too.
    pub fn with(self, ruler: &Ruler<'_>, text: &Text, style: Style, padding: f32) -> Self {
        let (least, most) = ruler.extent(text, style);
        Self { least: self.least.max(least + padding), most: self.most.max(most + padding) }
    }
}

/// Whether a table is better off on a sheet that lies on its side.
pub fn wants_width(wishes: &[Wish], room: f32) -> bool {
    let least: f32 = wishes.iter().map(|wish| wish.least).sum();
    let most: f32 = wishes.iter().map(|wish| wish.most.min(room * GREED)).sum();
    least > room || most > room * CROWDED
}

/// Divides the room among the columns: all of it, and to none less than to its longest word as far as there is enough.
pub fn share(wishes: &[Wish], room: f32) -> Vec<f32> {
    let most = |wish: &Wish| wish.most.min(room * GREED).max(wish.least);
    let (all_least, all_most): (f32, f32) =
        wishes.iter().fold((0.0, 0.0), |(l, m), wish| (l + wish.least, m + most(wish)));
    let width = |wish: &Wish| {
        if all_least >= room {
            wish.least * room / all_least
        } else if all_most >= room {
            wish.least + (most(wish) - wish.least) * (room - all_least) / (all_most - all_least)
        } else {
            most(wish) * room / all_most.max(1.0)
        }
    };
    wishes.iter().map(width).collect()
}
