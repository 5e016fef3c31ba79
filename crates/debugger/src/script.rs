//! What runs in the containers: words for a container's `command`, and for an exec.
