//! A GET request, for tests of the way from pod to pod.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use crate::process::Outcome;

/// Prints the body to stdout; an error is all but a status of 200 to 299, whose body is printed all the same.
pub(crate) fn get(url: &str, timeout: Duration) -> Outcome {
    let url = Url::parse(url)?;
    let answer =
        ask(&url, Instant::now() + timeout).map_err(|error| format!("cannot get {}: {error}", url.text))?;
    let (status, body) = split(&answer).ok_or_else(|| format!("{} does not answer in HTTP", url.text))?;
    io::stdout().write_all(body)?;
    if (200..300).contains(&status) { Ok(()) } else { Err(format!("{} answers {status}", url.text).into()) }
}

/// An `http` URL in its parts.
#[derive(Debug, PartialEq)]
struct Url<'a> {
    text: &'a str,
    /// Host and port as typed: the Host header.
    authority: &'a str,
    host: &'a str,
    port: u16,
    path: &'a str,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let wrong = |why: &str| format!("{text} is no URL that can be asked: {why}");
        let rest = text.strip_prefix("http://").ok_or_else(|| wrong("it must start with http://"))?;
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) = split_port(authority).ok_or_else(|| wrong("an IPv6 address needs brackets"))?;
        let port = port.parse().map_err(|_| wrong("its port is no number from 0 to 65535"))?;
        if host.is_empty() {
            return Err(wrong("it has no host"));
        }
        Ok(Self { text, authority, host, port, path })
    }
}

/// Host without brackets, and port, 80 where there is none.
fn split_port(authority: &str) -> Option<(&str, &str)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        return if rest.is_empty() { Some((host, "80")) } else { Some((host, rest.strip_prefix(':')?)) };
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    (!port.contains(':')).then_some((host, port))
}

/// The answer's bytes. As HTTP/1.0, so that it comes in one piece that ends with the connection.
fn ask(url: &Url<'_>, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut stream = connect(url, deadline)?;
    stream.set_write_timeout(Some(left(deadline)?))?;
    stream.write_all(format!("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", url.path, url.authority).as_bytes())?;
    let mut answer = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        stream.set_read_timeout(Some(left(deadline)?))?;
        match stream.read(&mut chunk) {
            Ok(0) => return Ok(answer),
            Ok(length) => answer.extend(chunk.iter().take(length)),
            // What a read timeout is called on Unix.
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(ErrorKind::TimedOut.into()),
            Err(error) => return Err(error),
        }
    }
}

/// The first of the host's addresses that takes a connection.
fn connect(url: &Url<'_>, deadline: Instant) -> io::Result<TcpStream> {
    let addresses: Vec<SocketAddr> = (url.host, url.port).to_socket_addrs()?.collect();
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Status and body of an answer.
fn split(answer: &[u8]) -> Option<(u16, &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = answer.split_at_checked(end + 4)?;
    let status = str::from_utf8(head).ok()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    Some((status.parse().ok()?, body))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Host, port and path of a URL.
    fn parts(url: &str) -> Result<(&str, u16, &str), String> {
        Url::parse(url).map(|url| (url.host, url.port, url.path))
    }

    /// What a client says to a server that answers so.
    fn get_from_server(answer: &'static str, timeout: Duration) -> Result<(), String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/page", listener.local_addr().unwrap());
        thread::scope(|scope| {
            scope.spawn(|| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 1024];
                let length = stream.read(&mut request).unwrap();
                assert!(request[..length].starts_with(b"GET /page HTTP/1.0\r\nHost: 127.0.0.1:"));
                stream.write_all(answer.as_bytes()).unwrap();
                if answer.is_empty() {
                    // The client hangs up first.
                    let _ = stream.read(&mut request);
                }
            });
            get(&url, timeout).map_err(|error| error.to_string())
        })
    }

    #[test]
    fn urls_have_names_and_addresses_of_both_kinds() {
        assert_eq!(parts("http://web"), Ok(("web", 80, "/")));
        assert_eq!(parts("http://web:8080/a?b"), Ok(("web", 8080, "/a?b")));
        assert_eq!(parts("http://10.0.0.1:1/"), Ok(("10.0.0.1", 1, "/")));
        assert_eq!(parts("http://[fd00::1]:8080/x"), Ok(("fd00::1", 8080, "/x")));
        assert_eq!(parts("http://[::1]"), Ok(("::1", 80, "/")));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in
            ["web", "https://web", "http://", "http://fd00::1/", "http://web:x", "http://[::1]x", "http://:1"]
        {
            assert!(parts(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_status_beyond_the_two_hundreds_is_an_error() {
        let patience = Duration::from_secs(30);
        assert_eq!(get_from_server("HTTP/1.1 204 No Content\r\n\r\n", patience), Ok(()));
        let error = get_from_server("HTTP/1.1 404 Not Found\r\n\r\n", patience).unwrap_err();
        assert!(error.ends_with("answers 404"), "{error}");
        let error = get_from_server("hello", patience).unwrap_err();
        assert!(error.ends_with("does not answer in HTTP"), "{error}");
    }

    #[test]
    fn a_silent_server_is_left_after_the_timeout() {
        let error = get_from_server("", Duration::from_millis(50)).unwrap_err();
        assert!(error.ends_with("timed out"), "{error}");
    }
}
