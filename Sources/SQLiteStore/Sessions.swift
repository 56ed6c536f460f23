/// What can be asked of the store; valid inside the closure it is handed to.
///
/// Every call blocks for microseconds, and for the disk when what it looks for is not in memory. All throw errors of
/// the disk; the others they throw are named where they are declared.
public class StoreReader {
    let database: Database

    init(_ database: Database) { self.database = database }
}

/// What can be asked of the store and changed in it; valid inside the closure it is handed to.
///
/// All changes of one closure happen together or not at all.
public final class StoreWriter: StoreReader {
    /// Names this opening of the store in the list of changes.
    let origin = Int64.random(in: .min ... .max)
    /// Whether a change was recorded since this was set to false.
    var didRecordChange = false
}
