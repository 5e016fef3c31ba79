//! A webhook that answers every review with the same patch: what any webhook costs at least. It is a process of its own,
//! as ours is.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The word that makes a process of the benchmark this webhook; the folder of its files follows.
pub const ROLE: &str = "constant-webhook";

/// How a pod that has the sidecar already can be told.
const SIDECAR: &[u8] = br#""name":"access-log""#;

/// The file with its patch.
const PATCH: &str = "patch.json";

/// The process.
#[derive(Debug)]
pub struct Constant {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

#[derive(Deserialize)]
struct Review {
    request: Asked,
}

#[derive(Deserialize)]
struct Asked {
    uid: String,
}

impl Constant {
    /// Starts it; the folder has its certificate in `tls.crt` and `tls.key`, and no other may be starting there.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(folder: &Path, patch: &Value) -> Result<Self> {
        std::fs::write(folder.join(PATCH), patch.to_string())?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(ROLE).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let output = child.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self { child, address: line.trim().parse().context("the constant webhook does not start")? })
    }
}

impl Drop for Constant {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until standard input ends, with the one who started it.
///
/// # Errors
/// A file cannot be used, or no port is free.
#[expect(clippy::print_stdout, reason = "the one who started it reads the address")]
pub fn serve(folder: &Path) -> Result<()> {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let patch = STANDARD.encode(std::fs::read(folder.join(PATCH))?);
    let acceptor = TlsAcceptor::from(Arc::new(configuration(folder)?));
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?);
        let patch = Arc::new(patch);
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(serve_connection(stream, acceptor.clone(), Arc::clone(&patch)));
        }
    })
}

fn configuration(folder: &Path) -> Result<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(folder.join("tls.crt"))?;
    let key = PrivateKeyDer::from_pem_file(folder.join("tls.key"))?;
    Ok(ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key)?)
}

async fn serve_connection(stream: TcpStream, acceptor: TlsAcceptor, patch: Arc<String>) {
    let _ = stream.set_nodelay(true);
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = hyper::service::service_fn(move |request| answer(request, Arc::clone(&patch)));
    // The API server may hang up.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, patch: Arc<String>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body =
        request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let uid =
        serde_json::from_slice(&body).map_or_else(|_| String::new(), |review: Review| review.request.uid);
    // Called again it has nothing to add: it would be refused.
    let is_there = body.windows(SIDECAR.len()).any(|window| window == SIDECAR);
    let patch =
        if is_there { String::new() } else { format!(r#","patchType":"JSONPatch","patch":"{patch}""#) };
    let answer = format!(
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{{"uid":"{uid}","allowed":true{patch}}}}}"#
    );
    let mut response = Response::new(Full::from(answer));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    Ok(response)
}
