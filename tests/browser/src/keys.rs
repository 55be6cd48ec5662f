//! Keys by their names.

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;

/// The strokes of `Tab`, `Shift+Tab`, `j`, `?`, …
pub(crate) fn strokes(keys: &str) -> KeyActions {
    // A lone `+` is the key of that name.
    let mut held: Vec<char> = keys.split('+').filter(|name| !name.is_empty()).map(value).collect();
    let last = held.pop().unwrap_or('+');
    let mut actions = KeyActions::new("keyboard".to_owned());
    for value in held.iter().copied().chain([last]) {
        actions = actions.then(KeyAction::Down { value });
    }
    for value in [last].into_iter().chain(held.into_iter().rev()) {
        actions = actions.then(KeyAction::Up { value });
    }
    actions
}

fn value(name: &str) -> char {
    match name {
        "Alt" => Key::Alt.into(),
        "ArrowDown" => Key::Down.into(),
        "ArrowLeft" => Key::Left.into(),
        "ArrowRight" => Key::Right.into(),
        "ArrowUp" => Key::Up.into(),
        "Backspace" => Key::Backspace.into(),
        "Control" => Key::Control.into(),
        "Delete" => Key::Delete.into(),
        "End" => Key::End.into(),
        "Enter" => Key::Enter.into(),
        "Escape" => Key::Escape.into(),
        "Home" => Key::Home.into(),
        "PageDown" => Key::PageDown.into(),
        "PageUp" => Key::PageUp.into(),
        "Shift" => Key::Shift.into(),
        "Space" => ' ',
        "Tab" => Key::Tab.into(),
        letter => {
            let mut letters = letter.chars();
            let only = letters.next().filter(|_| letters.next().is_none());
            only.unwrap_or_else(|| panic!("no key is called {name}"))
        }
    }
}
