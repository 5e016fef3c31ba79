//! Messages of the remote command protocol: a byte that names the channel, and what goes through it.
//! Source: `k8s.io/apimachinery/pkg/util/remotecommand/constants.go`.

use bytes::{BufMut as _, Bytes, BytesMut};
use serde_json::json;

use super::Size;

/// The command's input.
const INPUT: u8 = 0;
/// The command's output.
const OUTPUT: u8 = 1;
/// The command's errors.
const ERRORS: u8 = 2;
/// How it ended.
const STATUS: u8 = 3;
/// The size of its terminal.
const RESIZE: u8 = 4;
/// Ends the channel that the next byte names; version 5 only.
const CLOSE: u8 = 255;
/// Ctrl-D, which ends what is typed at a terminal.
const END_OF_TRANSMISSION: u8 = 4;

/// Most bytes of input in one message.
pub(super) const MOST_INPUT: usize = 64 * 1024;

/// A message from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Received {
    /// Some of the command's output.
    Output(Bytes),
    /// Some of its errors.
    Errors(Bytes),
    /// How it ended, in JSON.
    Status(Bytes),
    /// Nothing that is of use here: servers say so that a channel is there.
    Nothing,
}

/// Takes a message apart, without a copy.
pub(super) fn decode(message: &Bytes) -> Received {
    let Some((channel, rest)) = message.split_first() else { return Received::Nothing };
    if rest.is_empty() {
        return Received::Nothing;
    }
    let payload = message.slice_ref(rest);
    match *channel {
        OUTPUT => Received::Output(payload),
        ERRORS => Received::Errors(payload),
        STATUS => Received::Status(payload),
        _ => Received::Nothing,
    }
}

/// Makes room for a message of input. What is read is to follow, and [`take_input`] gives the message.
pub(super) fn begin_input(buffer: &mut BytesMut) {
    if buffer.is_empty() {
        buffer.reserve(1 + MOST_INPUT);
        buffer.put_u8(INPUT);
    }
}

/// The message that the buffer holds.
pub(super) fn take_input(buffer: &mut BytesMut) -> Bytes {
    buffer.split().freeze()
}

/// Says that the command's input has ended, where that can be said.
pub(super) fn end_of_input(has_close: bool) -> Bytes {
    if has_close {
        Bytes::from_static(&[CLOSE, INPUT])
    } else {
        Bytes::from_static(&[INPUT, END_OF_TRANSMISSION])
    }
}

/// Says how large the terminal is.
pub(super) fn resize(size: Size) -> Bytes {
    let mut message = BytesMut::with_capacity(40);
    message.put_u8(RESIZE);
    message.put_slice(json!({"Width": size.columns, "Height": size.rows}).to_string().as_bytes());
    message.freeze()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_size_is_told_as_kubernetes_decodes_it() {
        let message = resize(Size { columns: 120, rows: 40 });
        assert_eq!(message.as_ref(), b"\x04{\"Width\":120,\"Height\":40}");
    }

    #[test]
    fn the_end_of_input_is_a_close_or_what_ends_a_typed_text() {
        assert_eq!(end_of_input(true).as_ref(), [255, 0]);
        assert_eq!(end_of_input(false).as_ref(), [0, 4]);
    }

    #[test]
    fn an_empty_message_says_nothing() {
        assert_eq!(decode(&Bytes::new()), Received::Nothing);
        assert_eq!(decode(&Bytes::from_static(&[OUTPUT])), Received::Nothing);
    }

    proptest! {
        #[test]
        fn every_message_is_taken_apart_as_its_channel_says(channel: u8, payload in prop::collection::vec(any::<u8>(), 1..300)) {
            let message = Bytes::from([&[channel], payload.as_slice()].concat());
            let payload = Bytes::from(payload);
            let expected = match channel {
                1 => Received::Output(payload),
                2 => Received::Errors(payload),
                3 => Received::Status(payload),
                _ => Received::Nothing,
            };
            prop_assert_eq!(decode(&message), expected);
        }

        #[test]
        fn input_in_pieces_of_any_size_is_the_same_input(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..50)) {
            let mut buffer = BytesMut::new();
            let mut told = Vec::new();
            for piece in &pieces {
                begin_input(&mut buffer);
                begin_input(&mut buffer);
                buffer.put_slice(piece);
                let message = take_input(&mut buffer);
                prop_assert_eq!(message[0], INPUT);
                told.extend_from_slice(&message[1..]);
            }
            prop_assert_eq!(told, pieces.concat());
        }
    }
}
