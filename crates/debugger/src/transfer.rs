//! Carries files in and out of containers.
