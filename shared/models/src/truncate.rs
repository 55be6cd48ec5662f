//! Cutting JSON down to a size: strings, lists and objects lose their middle, and say how much they lost.
//!
//! It works on the JSON text alone, which is known to be valid. A tree of values would be many times as large as the
//! text, and what has to be cut is large already.

use std::{collections::VecDeque, ops::Range};

/// The least that a part is cut to. Whatever a part is, it fits into this with the note that it was cut.
const LEAST: usize = 80;
/// How deep parts are cut within parts. Below that, a part is replaced as a whole.
const DEPTH: usize = 64;
/// More digits than any length has, for room.
const DIGITS: usize = 20;

/// Cuts the JSON text of a value to at most `limit` bytes, and leaves alone what fits. Gives `None` where not even a
/// note fits that something was left out: below 80 bytes.
///
/// Every part that is small stays whole; the large ones share what room is left. Lists and objects lose members only
/// when there is no room for all of them, and then those in the middle.
pub fn truncate(json: &str, limit: usize) -> Option<String> {
    if json.len() <= limit {
        return Some(json.to_owned());
    }
    if limit < LEAST {
        return None;
    }
    let mut out = String::with_capacity(limit);
    cut(json, limit, DEPTH, &mut out);
    Some(out)
}

/// Writes the value, cut to `room` bytes, which are [`LEAST`] or more.
fn cut(json: &str, room: usize, depth: usize, out: &mut String) {
    if json.len() <= room {
        return out.push_str(json);
    }
    match json.as_bytes().first() {
        Some(b'"') => cut_text(&json[1..json.len() - 1], room, out),
        Some(b'[') => cut_members(json, room, depth, &LIST, out),
        Some(b'{') => cut_members(json, room, depth, &OBJECT, out),
        // A number of more digits than there is room for: as a text.
        _ => cut_text(json, room, out),
    }
}

/// A character of a JSON string, or the escape that stands for it: its length in bytes.
fn unit(text: &str, at: usize) -> usize {
    let rest = &text.as_bytes()[at..];
    match rest {
        // Two escapes that are one character must not be parted.
        [
            b'\\',
            b'u',
            b'd' | b'D',
            b'8' | b'9' | b'a' | b'A' | b'b' | b'B',
            _,
            _,
            b'\\',
            b'u',
            ..,
        ] => 12,
        [b'\\', b'u', ..] => 6,
        [b'\\', ..] => 2,
        _ => text[at..].chars().next().map_or(1, char::len_utf8),
    }
}

/// Writes a string of which the middle is missing. `inside` is what stands between the quotes.
fn cut_text(inside: &str, room: usize, out: &mut String) {
    let kept = room.saturating_sub(note(0, "chars").len() + DIGITS + 2) / 2;
    let (mut at, mut head, mut skipped, mut tail) = (0, 0, 0_usize, None);
    while at < inside.len() {
        let next = at + unit(inside, at);
        if next <= kept {
            head = next;
        } else if inside.len() - at <= kept {
            tail = Some(at);
            break;
        } else {
            skipped += 1;
        }
        at = next;
    }
    out.push('"');
    out.push_str(&inside[..head]);
    out.push_str(&note(skipped, "chars"));
    out.push_str(&inside[tail.unwrap_or(inside.len())..]);
    out.push('"');
}

fn note(count: usize, of_what: &str) -> String {
    format!("… (omitted {count} {of_what})…")
}

/// What lists and objects do not have in common.
struct Form {
    brackets: (char, char),
    of_what: &'static str,
    /// What follows the note to make it a member.
    note_value: &'static str,
}

const LIST: Form = Form {
    brackets: ('[', ']'),
    of_what: "items",
    note_value: "",
};
const OBJECT: Form = Form {
    brackets: ('{', '}'),
    of_what: "members",
    note_value: ":null",
};

/// A member of a list or an object, as places in its text. A member of a list has an empty name.
struct Member {
    name: Range<usize>,
    value: Range<usize>,
}

impl Member {
    fn size(&self) -> usize {
        self.value.len()
    }

    /// The room that it takes when its value is cut to `share`, with the comma.
    fn room(&self, share: usize) -> usize {
        self.name.len() + self.size().min(share) + 1
    }
}

/// Writes a list or an object of which some members are cut and, if need be, those in the middle are missing.
fn cut_members(json: &str, room: usize, depth: usize, form: &Form, out: &mut String) {
    let note_room = note(0, form.of_what).len() + DIGITS + 2 + form.note_value.len() + 1;
    let inner = room.saturating_sub(2 + note_room);
    let (members, left_out, at) = if depth == 0 {
        (Vec::new(), members_of(json).count(), 0)
    } else {
        choose(json, inner)
    };
    let share = share_of(&members, inner);
    let (open, close) = form.brackets;
    out.push(open);
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if left_out > 0 && index == at {
            push_note(left_out, form, out);
            out.push(',');
        }
        out.push_str(&json[member.name.clone()]);
        cut(
            &json[member.value.clone()],
            share.min(member.size().max(LEAST)),
            depth - 1,
            out,
        );
    }
    if left_out > 0 && at == members.len() {
        if at > 0 {
            out.push(',');
        }
        push_note(left_out, form, out);
    }
    out.push(close);
}

fn push_note(count: usize, form: &Form, out: &mut String) {
    out.push('"');
    out.push_str(&note(count, form.of_what));
    out.push('"');
    out.push_str(form.note_value);
}

/// The members that are kept, how many are left out, and before which of the kept ones those were.
fn choose(json: &str, room: usize) -> (Vec<Member>, usize, usize) {
    let (mut head, mut head_room) = (Vec::new(), 0);
    let (mut tail, mut tail_room, mut left_out) = (VecDeque::new(), 0, 0);
    for member in members_of(json) {
        let needed = member.room(LEAST);
        if tail.is_empty() && left_out == 0 && head_room + needed <= room / 2 {
            head_room += needed;
            head.push(member);
            continue;
        }
        tail_room += needed;
        tail.push_back(member);
        while tail_room > room - room / 2 {
            let Some(dropped) = tail.pop_front() else { break };
            tail_room -= dropped.room(LEAST);
            left_out += 1;
        }
    }
    let at = head.len();
    head.extend(tail);
    (head, left_out, at)
}

/// The largest share that every member may have so that all fit into `room`.
fn share_of(members: &[Member], room: usize) -> usize {
    let fits = |share: usize| members.iter().map(|member| member.room(share)).sum::<usize>() <= room;
    let (mut fitting, mut too_much) = (LEAST, room + 1);
    while fitting + 1 < too_much {
        let middle = fitting + (too_much - fitting) / 2;
        if fits(middle) {
            fitting = middle;
        } else {
            too_much = middle;
        }
    }
    fitting
}

/// The members of a list or an object, in order.
fn members_of(json: &str) -> impl Iterator<Item = Member> {
    let bytes = json.as_bytes();
    let is_object = bytes.first() == Some(&b'{');
    let mut at = 1;
    std::iter::from_fn(move || {
        at = skip(bytes, at, |byte| byte == b',' || byte.is_ascii_whitespace());
        if at + 1 >= bytes.len() || matches!(bytes[at], b']' | b'}') {
            return None;
        }
        let start = at;
        let mut name = start..start;
        if is_object {
            at = end_of_value(bytes, at);
            at = skip(bytes, at, |byte| byte == b':' || byte.is_ascii_whitespace());
            name = start..at;
        }
        let value = at..end_of_value(bytes, at);
        at = value.end;
        Some(Member { name, value })
    })
}

fn skip(bytes: &[u8], mut at: usize, is_skipped: impl Fn(u8) -> bool) -> usize {
    while bytes.get(at).is_some_and(|byte| is_skipped(*byte)) {
        at += 1;
    }
    at
}

/// Where the value that begins at `at` ends.
fn end_of_value(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_string(bytes, at) - 1,
            b'[' | b'{' => depth += 1,
            b']' | b'}' | b',' | b':' if depth == 0 => return at,
            b']' | b'}' => depth -= 1,
            byte if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        at += 1;
        if depth == 0 && matches!(bytes[at - 1], b'"' | b']' | b'}') {
            return at;
        }
    }
    at
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn check(value: &Value, limit: usize, expected: &Value) {
        let cut = truncate(&value.to_string(), limit).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&cut).unwrap(), *expected);
    }

    #[test]
    fn strings_lose_their_middle_and_say_how_much() {
        let long = format!("{}{}", "a".repeat(500), "z".repeat(500));
        let cut = truncate(&json!(long).to_string(), 100).unwrap();
        let cut: String = serde_json::from_str(&cut).unwrap();
        assert!(cut.starts_with("aaaa") && cut.ends_with("zzzz"), "{cut}");
        let (_, rest) = cut.split_once("… (omitted ").unwrap();
        let omitted: usize = rest.split_once(" chars)…").unwrap().0.parse().unwrap();
        let kept = cut.chars().filter(|letter| matches!(letter, 'a' | 'z')).count();
        // The note itself has an `a` in "chars".
        assert_eq!(omitted + kept - 1, 1000, "{cut}");
    }

    #[test]
    fn small_parts_stay_whole_and_large_ones_share_the_room() {
        let cut = truncate(
            &json!({ "name": "x", "text": "t".repeat(9000), "n": 7 }).to_string(),
            400,
        )
        .unwrap();
        let cut: Value = serde_json::from_str(&cut).unwrap();
        assert_eq!((&cut["name"], &cut["n"]), (&json!("x"), &json!(7)));
        assert!(cut["text"].as_str().unwrap().len() > 250, "{cut}");
    }

    #[test]
    fn lists_lose_members_only_when_there_is_no_room_for_all() {
        let numbers: Vec<u32> = (0..1000).collect();
        let cut = truncate(&json!(numbers).to_string(), 200).unwrap();
        let cut: Vec<Value> = serde_json::from_str(&cut).unwrap();
        assert_eq!((&cut[0], &cut[cut.len() - 1]), (&json!(0), &json!(999)));
        let omitted = format!("… (omitted {} items)…", 1000 - (cut.len() - 1));
        assert!(cut.contains(&json!(omitted)), "{cut:?}");

        let texts = json!(["a".repeat(1000), "b".repeat(1000)]);
        let cut: Vec<String> = serde_json::from_str(&truncate(&texts.to_string(), 400).unwrap()).unwrap();
        assert!(cut[0].starts_with("aaa") && cut[1].ends_with("bbb"));
    }

    #[test]
    fn escapes_are_not_parted() {
        for text in ["\\\"".repeat(400), "\u{1}😀\n\"é".repeat(90), "\u{10ffff}".repeat(300)] {
            let units: Vec<_> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            let escaped = units.concat();
            for json in [json!(text).to_string(), format!("\"{escaped}\"")] {
                for limit in 80..200 {
                    let cut = truncate(&json, limit).unwrap();
                    assert!(cut.len() <= limit);
                    serde_json::from_str::<String>(&cut).unwrap();
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_cut_within_is_replaced() {
        let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
        let cut = truncate(&deep, 3000).unwrap();
        assert!(cut.len() <= 3000 && cut.contains("omitted 1 items"), "{cut}");
        check(
            &json!({ "k".repeat(500): 1 }),
            100,
            &json!({ "… (omitted 1 members)…": null }),
        );
        let digits = "1".repeat(500);
        let cut = truncate(&digits, 100).unwrap();
        assert!(serde_json::from_str::<String>(&cut).unwrap().contains("omitted"));
        assert_eq!(truncate(&digits, 10), None);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,400}".prop_map(Value::from),
            "[\\x00-\\x7f]{0,60}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 200, 20, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..20).prop_map(Value::from),
                prop::collection::btree_map(".{0,30}", inner, 0..20)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_result_fits_and_is_json_of_the_same_kind(value in any_json(), limit in 80_usize..3000, pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
            let cut = truncate(&text, limit).unwrap();
            prop_assert!(cut.len() <= limit, "{} > {limit}: {cut}", cut.len());
            let read: Value = serde_json::from_str(&cut).unwrap();
            prop_assert_eq!(std::mem::discriminant(&read), std::mem::discriminant(&value));
            if text.len() <= limit {
                prop_assert_eq!(cut, text);
            } else if !cut.contains("(omitted ") {
                // White space was all that it had too much.
                prop_assert!(pretty);
                prop_assert_eq!(read, serde_json::from_str::<Value>(&text).unwrap());
            }
        }

        #[test]
        fn strings_keep_their_head_and_tail(text in ".{200,400}", limit in 120_usize..190) {
            let cut = truncate(&json!(text).to_string(), limit).unwrap();
            let cut: String = serde_json::from_str(&cut).unwrap();
            let (head, rest) = cut.split_once("… (omitted ").unwrap();
            let (count, tail) = rest.split_once(" chars)…").unwrap();
            prop_assert!(!head.is_empty() && !tail.is_empty());
            prop_assert!(text.starts_with(head) && text.ends_with(tail));
            let kept = head.chars().count() + tail.chars().count();
            prop_assert_eq!(kept + count.parse::<usize>().unwrap(), text.chars().count());
        }

        #[test]
        fn lists_keep_their_head_and_tail(items in prop::collection::vec(any::<u16>(), 200..400), limit in 200_usize..600) {
            let cut = truncate(&json!(items).to_string(), limit).unwrap();
            let cut: Vec<Value> = serde_json::from_str(&cut).unwrap();
            let place = cut.iter().position(Value::is_string).unwrap();
            let whole: Vec<Value> = items.iter().map(|item| json!(item)).collect();
            prop_assert!(place > 0 && place + 1 < cut.len());
            prop_assert!(whole.starts_with(&cut[..place]) && whole.ends_with(&cut[place + 1..]));
        }
    }
}
