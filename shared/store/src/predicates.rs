//! Lists are composed at run time: the `.sql` file of a list is a whole statement, and says where a filter's predicates go.
//! Only those stand there that a filter asks for, so that a cached plan has an equality on an indexed column wherever there
//! is one. Every predicate is a constant: nothing that a caller sends becomes text.

/// What the file of a list says where the predicates go.
const PLACE: &str = "-- and the filter";

/// A predicate, and whether it is asked for.
pub(crate) type Predicate = (bool, &'static str);

/// A list with those of the predicates that are asked for, in each of the places for them.
pub(crate) fn with_predicates(list: &'static str, predicates: &[Predicate]) -> String {
    let mut text = String::with_capacity(list.len() + 200);
    for line in list.split_inclusive('\n') {
        let Some((indent, rest)) = line.split_once(PLACE) else {
            text.push_str(line);
            continue;
        };
        for (_, predicate) in predicates.iter().filter(|(is_asked, _)| *is_asked) {
            text.extend([indent, "AND ", predicate, rest]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_stand_where_the_list_says() {
        let list = "SELECT FROM a\nWHERE b\n    -- and the filter\nLIMIT 1\n";
        for (predicates, expected) in [
            (&[][..], "SELECT FROM a\nWHERE b\nLIMIT 1\n"),
            (
                &[(true, "c"), (false, "e"), (true, "d")],
                "SELECT FROM a\nWHERE b\n    AND c\n    AND d\nLIMIT 1\n",
            ),
        ] {
            assert_eq!(with_predicates(list, predicates), expected);
        }
    }
}
