//! XML as the query protocol writes it.

use super::http::percent_encode;

/// A text that grows.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// An answer of `operation`: what `inside` writes goes into its result.
    pub(crate) fn answer(operation: &str, namespace: &str, inside: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self(String::with_capacity(4096));
        xml.0.extend([
            "<",
            operation,
            "Response xmlns=\"",
            namespace,
            "\"><",
            operation,
            "Result>",
        ]);
        inside(&mut xml);
        xml.0
            .extend(["</", operation, "Result><ResponseMetadata><RequestId>"]);
        xml.0.push_str(&super::http::uuid(7));
        xml.0
            .extend(["</RequestId></ResponseMetadata></", operation, "Response>"]);
        xml.0
    }

    /// An element with others inside.
    pub(crate) fn nest(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.0.extend(["<", name, ">"]);
        inside(self);
        self.0.extend(["</", name, ">"]);
    }

    /// A list, one `member` each.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        each: impl Fn(&mut Self, T),
    ) {
        self.nest(name, |xml| {
            for item in items {
                xml.nest("member", |xml| each(xml, item));
            }
        });
    }

    /// An element with text.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.nest(name, |xml| xml.plain(text));
    }

    /// The same, if there is something to write.
    pub(crate) fn maybe(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A time.
    pub(crate) fn time(&mut self, name: &str, time: Option<&str>) {
        self.maybe(name, time.map(super::wire_time).as_deref());
    }

    /// A policy document, percent-encoded.
    pub(crate) fn document(&mut self, name: &str, document: &str) {
        self.nest(name, |xml| percent_encode(document, &mut xml.0));
    }

    /// Text alone.
    pub(crate) fn plain(&mut self, text: &str) {
        for char in text.chars() {
            match char {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\r' => self.0.push_str("&#13;"),
                other => self.0.push(other),
            }
        }
    }
}
