//! Messages of protocol buffers, written.
//!
//! Only the wire format: fields have numbers, and their meaning is the format's that is written.

/// A message, field by field in the order of the calls.
///
/// ```
/// use train::protobuf::Message;
/// // The example of the documentation of the wire format.
/// assert_eq!(Message::default().text(2, "testing").into_bytes(), b"\x12\x07testing");
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Message(Vec<u8>);

impl Message {
    /// An integer or an enumeration.
    pub fn varint(mut self, field: u32, value: u64) -> Message {
        self.key(field, 0);
        self.number(value);
        self
    }

    /// A `double`.
    pub fn double(mut self, field: u32, value: f64) -> Message {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A `float`.
    pub fn float(mut self, field: u32, value: f32) -> Message {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Bytes.
    pub fn bytes(mut self, field: u32, value: &[u8]) -> Message {
        self.key(field, 2);
        self.number(value.len() as u64);
        self.0.extend(value);
        self
    }

    /// A text.
    pub fn text(self, field: u32, value: &str) -> Message {
        self.bytes(field, value.as_bytes())
    }

    /// A message inside of this one.
    pub fn message(self, field: u32, value: Message) -> Message {
        self.bytes(field, &value.0)
    }

    /// One message with the fields of several, in order.
    pub fn concat(messages: impl IntoIterator<Item = Message>) -> Message {
        Message(messages.into_iter().flat_map(|message| message.0).collect())
    }

    /// The bytes of the message.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn key(&mut self, field: u32, wire_type: u64) {
        self.number(u64::from(field) << 3 | wire_type);
    }

    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_the_documentation() {
        assert_eq!(Message::default().varint(1, 150).into_bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().text(2, "testing").into_bytes(), b"\x12\x07testing");
        let inner = Message::default().varint(1, 150);
        assert_eq!(Message::default().message(3, inner).into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        assert_eq!(Message::default().float(5, 1.0).into_bytes(), [0x2d, 0, 0, 0x80, 0x3f]);
        assert_eq!(Message::default().double(1, 1.0).into_bytes(), [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    }
}
