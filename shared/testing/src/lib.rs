//! What tests share: the domain's ports in memory, fixtures, and a client of the whole system. Never a normal dependency of anything that
//! is deployed.

pub mod fixtures;
mod hooked_table;
mod memory_archive;
mod memory_mailer;
mod memory_stripe;
mod memory_table;
mod memory_workflow;
mod recorder;
pub mod test_client;

pub use hooked_table::{Hook, HookedTable};
pub use memory_archive::MemoryArchive;
pub use memory_mailer::MemoryMailer;
pub use memory_stripe::{MemoryStripe, Script};
pub use memory_table::MemoryTable;
pub use memory_workflow::MemoryWorkflow;
pub use test_client::TestClient;
