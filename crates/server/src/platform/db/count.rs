//! How many statements one task has run: for the test that keeps reads cheap.

use std::cell::Cell;
use std::future::Future;

tokio::task_local! {
    static STATEMENTS: Cell<u64>;
}

/// Runs a future and counts the statements that its own task executes. Beginning and ending a transaction is none;
/// what it leaves to other tasks is not counted.
pub async fn counted<F: Future>(future: F) -> (F::Output, u64) {
    STATEMENTS
        .scope(Cell::new(0), async {
            let output = future.await;
            (output, STATEMENTS.with(Cell::get))
        })
        .await
}

/// Counts one.
pub(super) fn count() {
    // Outside of `counted` there is nothing to count into.
    let _ = STATEMENTS.try_with(|statements| statements.set(statements.get() + 1));
}
