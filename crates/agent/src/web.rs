//! Pages for Prometheus and for people, over HTTP or HTTPS.
