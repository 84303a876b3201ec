//! Text for pages. Everything that AWS or the author of a policy wrote is hostile.
//!
//! askama escapes what a template prints, and [`visible`] shows invisible characters. This module does the rest:
//! data in scripts, names in addresses.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

use leastwise_core::arn::Arn;
use leastwise_core::report::names::file_part;
pub(super) use leastwise_core::report::numbers::{capital, count, counted, day, percent};
use leastwise_core::visible::visible;

/// Text between tags. Quotation marks need no escape there, and documents are full of them. Do not use it in
/// attributes.
pub(super) struct Content<'t>(pub(super) &'t str);

impl fmt::Display for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = memchr::memchr3(b'<', b'>', b'&', rest.as_bytes()) {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            f.write_str(before)?;
            f.write_str(from.bytes().next().and_then(entity).unwrap_or_default())?;
            rest = from.get(1..).unwrap_or_default();
        }
        f.write_str(rest)
    }
}

/// It has escaped everything that begins a tag or an entity.
impl HtmlSafe for Content<'_> {}

fn entity(byte: u8) -> Option<&'static str> {
    match byte {
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'&' => Some("&amp;"),
        _ => None,
    }
}

/// A page with invisible characters written out. It rarely has any.
pub(super) fn all_visible(page: String) -> String {
    let shown = match visible(&page) {
        Cow::Owned(shown) => Some(shown),
        Cow::Borrowed(_) => None,
    };
    shown.unwrap_or(page)
}

/// The date of a timestamp, such as `31 Oct 2026`.
pub(super) fn date(moment: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let day = day(moment);
    let parts: Vec<&str> = day.split('-').collect();
    let [year, month, of_month] = parts.as_slice() else {
        return day.to_owned();
    };
    let name = month
        .parse::<usize>()
        .ok()
        .and_then(|it| MONTHS.get(it.checked_sub(1)?));
    match (name, of_month.parse::<u8>()) {
        (Some(name), Ok(of_month)) => format!("{of_month} {name} {year}"),
        _ => day.to_owned(),
    }
}

/// JSON in a script element, where nothing may end the element or begin a comment.
pub(super) fn in_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Anchor of a principal on its account page.
pub(super) fn anchor(kind: &str, name: &str) -> String {
    format!("{}/{}", file_part(kind), file_part(name))
}

/// Anchor of a change.
pub(super) fn change_anchor(id: &str) -> String {
    let parts: Vec<String> = id.split('/').map(file_part).collect();
    format!("change/{}", parts.join("/"))
}

/// A value in the fragment of an address, after the `#`.
pub(super) fn in_hash(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || b"-_./@:".contains(&byte) => out.push(char::from(byte)),
            byte => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// A value with every special character of addresses encoded.
pub(super) fn in_query(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) => out.push(char::from(byte)),
            byte => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// Address of a path in the report.
pub(super) fn path(path: &str) -> String {
    path.split('/').map(in_query).collect::<Vec<_>>().join("/")
}

/// A link inside the report, or to the outside.
pub(super) struct Link {
    pub(super) href: String,
    pub(super) label: String,
}

/// Account, kind and name from the ARN of a principal.
pub(super) fn arn_parts(arn: &str) -> Option<(&str, &str, &str)> {
    let Arn {
        account, resource, ..
    } = Arn::of(arn);
    let (kind, rest) = resource.split_once('/')?;
    Some((account, kind, rest.rsplit('/').next().unwrap_or(rest)))
}

/// Address of an account page, from the folder `accounts`.
pub(super) fn account_page(id: &str) -> String {
    format!("{}.html", file_part(id))
}

#[cfg(test)]
mod tests {
    use super::{Content, all_visible, arn_parts, change_anchor, date, in_script};

    #[test]
    fn days_are_written_as_people_write_them() {
        assert_eq!(date("2026-10-31T07:25:34Z"), "31 Oct 2026");
        assert_eq!(date("2026-01-05"), "5 Jan 2026");
        assert_eq!(date("soon"), "soon");
    }

    #[test]
    fn what_is_unseen_on_a_page_is_written_out() {
        assert_eq!(all_visible("a\u{202e}b\tc\nd".to_owned()), "a\\u202eb\tc\nd");
        assert_eq!(all_visible("plain · é".to_owned()), "plain · é");
    }

    #[test]
    fn between_tags_no_text_begins_a_tag_or_an_entity() {
        let text = "<b>\"'&amp;</b>é<";
        assert_eq!(Content(text).to_string(), "&lt;b&gt;\"'&amp;amp;&lt;/b&gt;é&lt;");
    }

    #[test]
    fn nothing_in_a_script_ends_it() {
        let json = serde_json::to_string("</script><!--&\u{2029}").unwrap_or_default();
        let escaped = in_script(&json);
        assert!(!escaped.contains(['<', '>', '&', '\u{2029}']), "{escaped}");
        assert_eq!(
            serde_json::from_str::<String>(&escaped).unwrap_or_default(),
            "</script><!--&\u{2029}"
        );
    }

    #[test]
    fn places_are_spelt_for_addresses() {
        assert_eq!(arn_parts("arn:aws:iam::1:role/a/b/c"), Some(("1", "role", "c")));
        assert_eq!(change_anchor("1/role/a b/<p>"), "change/1/role/a%20b/%3Cp%3E");
    }
}
