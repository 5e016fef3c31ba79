//! A DNS server for sessions that ask as a pod does: it knows one address (IPv4), and of all else that there is none.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, UdpSocket};

use crate::process::Outcome;

/// A header is so long, and a question begins behind it.
const HEADER: usize = 12;

/// Longest message over UDP.
const LONGEST: usize = 512;

/// Answers on the loopback address until the process ends.
pub(crate) fn serve(port: u16, known: &str, address: Ipv4Addr) -> Outcome {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    writeln!(io::stdout(), "listening on {}", socket.local_addr()?)?;
    let mut message = [0; LONGEST];
    loop {
        let (length, client) = socket.recv_from(&mut message)?;
        if let Some(answer) = message.get(..length).and_then(|question| answer(question, known, address)) {
            socket.send_to(&answer, client)?;
        }
    }
}

/// None to what is no question.
fn answer(message: &[u8], known: &str, address: Ipv4Addr) -> Option<Vec<u8>> {
    let (name, end) = read_name(message)?;
    let question = message.get(HEADER..end + 4)?;
    let is_known = name.eq_ignore_ascii_case(known);
    // Response, recursion desired and available; 3 says that there is no such name.
    let flags = [0x81, if is_known { 0x80 } else { 0x83 }];
    let counts = [0, 1, 0, u8::from(is_known), 0, 0, 0, 0];
    let mut answer = [message.get(..2)?, &flags, &counts, question].concat();
    if is_known {
        // The name of the question, A, IN, 60 s, four bytes.
        answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(address.octets());
    }
    Some(answer)
}

/// The name of the first question, and where it ends.
fn read_name(message: &[u8]) -> Option<(String, usize)> {
    let (mut at, mut labels) = (HEADER, Vec::new());
    loop {
        let length = usize::from(*message.get(at)?);
        let label = message.get(at + 1..at + 1 + length)?;
        at += 1 + length;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(label).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_known() {
        let question = |label: &str| {
            let mut message = vec![7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            message.push(u8::try_from(label.len()).unwrap());
            message.extend(label.as_bytes());
            message.extend(b"\x04test\0\0\x01\0\x01");
            message
        };
        let asked = |message: &[u8]| answer(message, "db.test", Ipv4Addr::new(10, 1, 2, 3));
        let known = asked(&question("DB")).unwrap();
        assert!(known.starts_with(&[7, 7, 0x81, 0x80, 0, 1, 0, 1]) && known.ends_with(&[10, 1, 2, 3]));
        let unknown = asked(&question("web")).unwrap();
        assert!(unknown.starts_with(&[7, 7, 0x81, 0x83, 0, 1, 0, 0]));
        assert_eq!(asked(&question("db")[..20]), None);
        assert_eq!(asked(&[]), None);
    }
}
