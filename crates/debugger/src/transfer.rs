//! Carries files in and out of containers, any size and any image: scripts in a session container send and take archives,
//! and no archive leads a write out of its destination.
//!
//! Pure: `name` is a name inside a folder, `place` says where things land, `header`, `archive` and `writer` are the
//! format, `sums` and `report` what it came to. `folder` writes on this machine, `unpack` and `pack` are the two ways of
//! an archive, `words` is what runs in the session, `out`, `into`, `resume` and `verify` bring it together; `leftover` is
//! what a stream leaves that was cut.

mod archive;
mod error;
mod folder;
mod header;
mod into;
mod leftover;
mod look;
mod mounts;
mod name;
mod out;
mod pack;
mod place;
mod progress;
mod remote;
mod report;
mod resume;
mod sums;
mod tree;
mod unpack;
mod verify;
mod words;
mod writer;

pub use archive::{Archive, ArchiveError, Entry, Kind};
pub use error::TransferError;
pub use folder::{Folder, Found, NewFile};
pub use into::{copy_in, stream_in};
pub use leftover::{Leftover, remove_leftover};
pub use name::{Name, NameFault, printable};
pub use out::{Job, copy_out, stream_out};
pub use pack::{PackError, Packed, pack, repack};
pub use place::{Landing, PlaceFault, Source, Standing, land, means_folder};
pub use progress::Progress;
pub use remote::{Container, Remote, Session};
pub use report::Report;
pub use sums::{Carried, Remark, Sum};
pub use tree::{Leaf, LeafKind, Tree};
pub use unpack::{Shape, UnpackError, Unpacked, unpack};
pub use words::Owner;
