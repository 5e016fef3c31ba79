module chandler.dev/oracle/corpus

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.21.2 // indirect
	github.com/prometheus-operator/prometheus-operator v0.93.0 // indirect
	k8s.io/kubernetes v1.36.3 // indirect
)
