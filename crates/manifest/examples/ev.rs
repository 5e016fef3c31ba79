use chandler_manifest::*;
use std::time::Instant;
const D: &str = r#"# Source: web/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels:
    app.kubernetes.io/name: web
    app.kubernetes.io/instance: shop
    app.kubernetes.io/managed-by: Helm
  annotations:
    description: "The shop's front, behind the ingress"
    checksum/config: 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: web
      app.kubernetes.io/instance: shop
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web
        app.kubernetes.io/instance: shop
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
    spec:
      serviceAccountName: web
      containers:
        - name: web
          image: registry.example.com/shop/web:1.27.3
          imagePullPolicy: IfNotPresent
          args: ["--listen=:8080", "--metrics=:9090"]
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
            - name: metrics
              containerPort: 9090
          env:
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            - name: DATABASE_URL
              value: postgres://db.shop.svc:5432/shop?sslmode=require
            - name: LOG_LEVEL
              value: info
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
          livenessProbe:
            httpGet: {path: /healthz, port: http}
            initialDelaySeconds: 10
          readinessProbe:
            httpGet: {path: /ready, port: http}
          volumeMounts:
            - name: config
              mountPath: /etc/web
              readOnly: true
      volumes:
        - name: config
          configMap:
            name: web-config
---
"#;

fn best(name: &str, n: usize, mut f: impl FnMut() -> usize) {
    let mut best = std::time::Duration::MAX;
    let mut c = 0;
    for _ in 0..60 {
        let t = Instant::now();
        c = f();
        best = best.min(t.elapsed());
    }
    println!("{name:16} {:?} {c}", best / n as u32);
}
fn main() {
    if let Some(f) = std::env::args().nth(1) {
        let mut o = std::io::BufWriter::new(std::fs::File::create("/dev/null").unwrap());
        let t = Instant::now();
        let (mut n, mut e) = (0, 0);
        for d in Documents::new(std::io::BufReader::new(std::fs::File::open(f).unwrap())) {
            match d {
                Ok(d) => {
                    if let Ok(Some(v)) = d.parse() {
                        n += 1;
                        write_document(&d, &v, &mut o).unwrap()
                    }
                }
                Err(x) => {
                    e += 1;
                    println!("{x}")
                }
            }
        }
        let s = std::fs::read_to_string("/proc/self/status").unwrap();
        println!(
            "{n} docs {e} errors {:?} {}",
            t.elapsed(),
            s.lines().find(|l| l.starts_with("VmHWM")).unwrap()
        );
        return;
    }
    let n = 100;
    let text = D.repeat(n);
    let docs: Vec<_> = Documents::new(text.as_bytes()).map(|d| d.unwrap()).collect();
    let values: Vec<_> = docs.iter().filter_map(|d| d.parse().unwrap()).collect();
    let json: String = values.iter().map(|v| v.to_string() + "\n").collect();
    let jdocs: Vec<_> = Documents::new(json.as_bytes()).map(|d| d.unwrap()).collect();
    if let Ok(k) = std::env::var("ONLY") {
        for _ in 0..k.parse().unwrap() {
            for d in &docs {
                std::hint::black_box(d.parse().unwrap());
            }
        }
        return;
    }
    best("split", n, || Documents::new(text.as_bytes()).map(|d| d.unwrap()).count());
    best("parse", n, || docs.iter().filter_map(|d| d.parse().unwrap()).count());
    best("drop+clone", n, || values.clone().len());
    let mut out = Vec::new();
    best("write", n, || {
        out.clear();
        for (d, v) in docs.iter().zip(&values) {
            write_document(d, v, &mut out).unwrap();
        }
        out.len()
    });
    best("events", n, || {
        let mut c = 0;
        for d in &docs {
            c += serde_saphyr::granit_parser::Parser::new_from_str_with_options(
                std::str::from_utf8(d.body()).unwrap(),
                serde_saphyr::granit_parser::options! {emit_comments: false},
            )
            .count();
        }
        c
    });
    best("saphyr read", n, || {
        docs.iter()
            .filter_map(|d| {
                serde_saphyr::from_str::<serde_json::Value>(std::str::from_utf8(d.body()).unwrap()).ok()
            })
            .count()
    });
    best("saphyr write", n, || values.iter().map(|v| serde_saphyr::to_string(v).unwrap().len()).sum());
    best("json split", n, || Documents::new(json.as_bytes()).map(|d| d.unwrap()).count());
    best("json parse", n, || jdocs.iter().filter_map(|d| d.parse().unwrap()).count());
    best("serde_json", n, || {
        jdocs.iter().filter_map(|d| serde_json::from_slice::<serde_json::Value>(d.body()).ok()).count()
    });
}
