//! Bytes as policies, evidence and a catalog. Each byte is a choice among few, so that most inputs are meaningful and names
//! collide; an input that runs out goes on with zeros.

use serde_json::{Value, json};

const SERVICES: [&str; 4] = ["a", "a-b", "u", "A"];
const PIECES: [&str; 12] = [
    "Get", "Put", "Ob", "Obj", "Objs", "DB", "Db", "s", "*", "?", "get", "-x",
];

/// The choices left.
pub struct Choices<'b>(pub &'b [u8]);

impl Choices<'_> {
    pub fn below(&mut self, limit: usize) -> usize {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                usize::from(*first) % limit
            }
            None => 0,
        }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn name(&mut self, pieces: &[&str]) -> String {
        // A name begins with a word, whatever follows.
        let more = self.below(4);
        let first = self.pick(&pieces[..pieces.len().min(6)]);
        let rest = (0..more).map(|_| self.pick(pieces)).collect::<String>();
        format!("{first}{rest}")
    }

    fn plain_name(&mut self) -> String {
        self.name(&["Get", "Put", "Ob", "Obj", "Objs", "DB", "Db", "s", "get", "-x"])
    }

    fn pattern(&mut self) -> String {
        let service = self.pick(&SERVICES);
        match self.below(16) {
            0 => "*".to_owned(),
            1 => "*:*".to_owned(),
            2 => format!("{service}:*"),
            3 => format!("{service}:?{}", self.name(&PIECES)),
            4 => format!("{service}:*{}", self.name(&PIECES)),
            5..9 => format!("{service}:{}*", self.plain_name()),
            _ => format!("{service}:{}", self.name(&PIECES)),
        }
    }

    fn statement(&mut self) -> String {
        let effect = if self.below(8) == 0 { "Deny" } else { "Allow" };
        let key = if self.below(6) == 0 { "NotAction" } else { "Action" };
        let patterns: Vec<String> = (0..=self.below(4)).map(|_| self.pattern()).collect();
        let actions = match patterns.as_slice() {
            [one] if self.below(2) == 0 => json!(one),
            several => json!(several),
        };
        let frame = self.pick(&["", r#","Condition":{"Bool":{"x":"true"}}"#, r#","Sid":"S""#]);
        format!(r#"{{"Effect":"{effect}","{key}":{actions},"Resource":"*"{frame}}}"#)
    }

    pub fn policy(&mut self) -> String {
        let statements: Vec<String> = (0..=self.below(3)).map(|_| self.statement()).collect();
        match statements.as_slice() {
            [one] if self.below(3) == 0 => format!(r#"{{"Version":"2012-10-17","Statement":{one}}}"#),
            several => format!(
                r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
                several.join(",")
            ),
        }
    }

    pub fn catalog(&mut self) -> Value {
        let names = |choices: &mut Self| -> Vec<String> {
            (0..=choices.below(7)).map(|_| choices.plain_name()).collect()
        };
        match self.below(3) {
            0 => json!({"a": names(self)}),
            _ => json!({"a": names(self), "a-b": names(self)}),
        }
    }

    pub fn unused(&mut self, catalog: &Value) -> Value {
        let mut entries = Vec::new();
        for (service, names) in catalog.as_object().expect("an object") {
            let names = names.as_array().expect("a list").iter();
            let chosen: Vec<&Value> = names.filter(|_| self.below(2) == 0).collect();
            if !chosen.is_empty() {
                entries.push(json!({"serviceNamespace": service, "actions": chosen}));
            }
        }
        for _ in 0..self.below(3) {
            let service = self.pick(&SERVICES);
            entries.push(match self.below(4) {
                0 => json!({"serviceNamespace": service}),
                _ => json!({"serviceNamespace": service, "actions": [self.plain_name()]}),
            });
        }
        json!(entries)
    }
}
