//! What is mounted in a container, and which of it takes files.

use super::name::printable;

/// File systems that hold no files of people.
const NO_FILES: [&[u8]; 7] = [b"proc", b"sysfs", b"cgroup", b"cgroup2", b"devpts", b"mqueue", b"devtmpfs"];

/// Folders that a runtime mounts for itself.
const RUNTIME: [&[u8]; 3] = [b"/dev", b"/proc", b"/sys"];

/// The folders below which files can be written, of the lines of `/proc/PID/mounts`.
pub(super) fn writable(mounts: &[u8]) -> Vec<String> {
    let lines = mounts.split(|byte| *byte == b'\n').filter_map(writable_point);
    let mut points: Vec<_> = lines.filter(|point| !is_of_runtime(point)).map(printable).collect();
    points.sort();
    points.dedup();
    points
}

/// The folder of a line `DEVICE FOLDER TYPE OPTIONS …`, where it takes files.
fn writable_point(line: &[u8]) -> Option<&[u8]> {
    let mut fields = line.split(|byte| *byte == b' ').skip(1);
    let (point, kind, options) = (fields.next()?, fields.next()?, fields.next()?);
    let mut options = options.split(|byte| *byte == b',');
    (options.next()? == b"rw" && !NO_FILES.contains(&kind)).then_some(point)
}

/// Also what is a single file: `/etc/hosts`, `/etc/hostname`, `/etc/resolv.conf`, the termination log.
fn is_of_runtime(point: &[u8]) -> bool {
    let below = |folder: &[u8]| {
        point.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    RUNTIME.iter().any(|folder| below(folder))
        || below(b"/etc/hosts")
        || below(b"/etc/hostname")
        || below(b"/etc/resolv.conf")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_for_files_are_found() {
        let mounts = b"overlay / overlay ro,relatime 0 0
proc /proc proc rw 0 0
tmpfs /dev tmpfs rw 0 0
/dev/vda /dev/termination-log ext4 rw 0 0
/dev/vda /etc/hosts ext4 rw 0 0
/dev/vda /cache ext4 rw,relatime 0 0
tmpfs /run/secrets tmpfs ro 0 0
";
        assert_eq!(writable(mounts), ["/cache"]);
    }
}
