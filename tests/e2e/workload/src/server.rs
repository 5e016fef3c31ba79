//! A web server for probes, Services and sidecars: HTTP/1.1, GET only, one request a connection.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::process::Outcome;

/// How long a client may stay silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a request that are read at most.
const MAX_REQUEST: u64 = 16 * 1024;

/// Status line and body.
type Answer = (&'static str, Vec<u8>);

const BAD_REQUEST: &str = "400 Bad Request";
const NOT_FOUND: &str = "404 Not Found";
const METHOD_NOT_ALLOWED: &str = "405 Method Not Allowed";
const OK: &str = "200 OK";

/// Serves on all addresses until the process ends. Port 0 takes a free one; the first line on stdout names it.
pub(crate) fn serve(port: u16, folder: Option<PathBuf>) -> Outcome {
    let listener = listen(port).map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    let folder = folder.as_deref().map(canonical).transpose()?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
    for connection in listener.incoming() {
        let folder = folder.clone();
        thread::spawn(move || match connection.and_then(|stream| answer(&stream, folder.as_deref())) {
            Ok(line) => note(&line),
            Err(error) => note(&format!("failed: {error}")),
        });
    }
    Ok(())
}

fn canonical(folder: &Path) -> Result<PathBuf, String> {
    folder.canonicalize().map_err(|error| format!("cannot serve the folder {}: {error}", folder.display()))
}

/// IPv6 takes IPv4 connections too; a node may know only IPv4.
fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv6Addr::UNSPECIFIED, port))
        .or_else(|_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)))
}

fn note(line: &str) {
    // A closed standard output does not end the service.
    let _ = writeln!(io::stdout(), "{line}");
}

/// Answers the request and returns its line for the log.
fn answer(mut stream: &TcpStream, folder: Option<&Path>) -> io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = read_request(stream)?;
    let (status, body) = respond(&request, folder);
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), &body].concat())?;
    Ok(format!("{} {:?} {status}", stream.peer_addr()?, request))
}

/// The request's first line; its headers are read, so that closing does not reset the connection, and forgotten.
fn read_request(stream: &TcpStream) -> io::Result<String> {
    let mut lines = BufReader::new(stream.take(MAX_REQUEST)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    Ok(request)
}

fn respond(request: &str, folder: Option<&Path>) -> Answer {
    let words: Vec<_> = request.split(' ').collect();
    let [method, target, "HTTP/1.0" | "HTTP/1.1"] = words[..] else {
        return (BAD_REQUEST, b"bad request\n".into());
    };
    if method != "GET" {
        return (METHOD_NOT_ALLOWED, b"only GET\n".into());
    }
    match target.split('?').next().unwrap_or_default() {
        "/healthz" => (OK, b"ok\n".into()),
        "/" => (OK, format!("chandler-workload on {}\n", host_name()).into_bytes()),
        path => match folder.and_then(|folder| read_below(folder, path)) {
            Some(content) => (OK, content),
            None => (NOT_FOUND, format!("there is no {path}\n").into_bytes()),
        },
    }
}

/// The content of a file, unless it is, by links or dots, outside the folder. Paths are taken without percent decoding.
fn read_below(folder: &Path, path: &str) -> Option<Vec<u8>> {
    let file = folder.join(path.trim_start_matches('/')).canonicalize().ok()?;
    file.starts_with(folder).then(|| fs::read(file).ok()).flatten()
}

fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname");
    name.map_or_else(|_| "a host without a name".to_owned(), |name| name.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(request: &str, folder: Option<&Path>) -> &'static str {
        respond(request, folder).0
    }

    #[test]
    fn health_is_ok_and_the_greeting_names_the_host() {
        assert_eq!(respond("GET /healthz?verbose HTTP/1.1", None), (OK, b"ok\n".to_vec()));
        let (status, body) = respond("GET / HTTP/1.1", None);
        assert_eq!(status, OK);
        assert_eq!(String::from_utf8(body).unwrap(), format!("chandler-workload on {}\n", host_name()));
    }

    #[test]
    fn what_is_no_get_is_refused() {
        assert_eq!(status("POST / HTTP/1.1", None), METHOD_NOT_ALLOWED);
        assert_eq!(status("GET /", None), BAD_REQUEST);
        assert_eq!(status("", None), BAD_REQUEST);
    }

    #[test]
    fn only_files_below_the_folder_are_served() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("served").join("..").join("served");
        fs::create_dir(outer.path().join("served")).unwrap();
        fs::write(outer.path().join("secret"), "no").unwrap();
        fs::write(folder.join("page"), "yes").unwrap();
        std::os::unix::fs::symlink("../secret", folder.join("link")).unwrap();
        let folder = canonical(&folder).unwrap();

        assert_eq!(respond("GET /page HTTP/1.1", Some(&folder)), (OK, b"yes".to_vec()));
        assert_eq!(status("GET /page HTTP/1.1", None), NOT_FOUND);
        for path in ["/../secret", "/link", "//etc/passwd", "/absent", "/."] {
            assert_eq!(status(&format!("GET {path} HTTP/1.1"), Some(&folder)), NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let outer = tempfile::tempdir().unwrap();
        let error = canonical(&outer.path().join("absent")).unwrap_err();
        assert!(error.starts_with("cannot serve the folder /") && error.contains("/absent: "), "{error}");
    }
}
