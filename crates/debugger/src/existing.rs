//! Finds the sessions that a pod has already.
