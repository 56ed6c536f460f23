/// How a store runs.
public struct StoreOptions: Sendable {
    /// How many requests may wait for one thread of the store; 1 and more, default 16,384: a quarter of a second of
    /// publishing at full speed.
    public var queueCount = 16_384
    /// How many bytes the requests that wait may hold; default 64 MiB.
    public var queueBytes = 64 << 20
    /// How long a request waits for another process that writes, in milliseconds; default 10,000.
    public var lockWait: Int32 = 10_000
    /// How often the store looks for what other processes wrote, in milliseconds; default 1,000.
    public var changeInterval: Int64 = 1_000

    /// The defaults.
    public init() {}
}

/// One wait for the disk.
public struct StoreCommit: Equatable, Sendable {
    /// How many requests it carried.
    public let requests: Int
    /// From the beginning of the transaction until it was on the disk.
    public let nanoseconds: UInt64
    /// What the disk failed with, if it did.
    public let failure: StoreError?
}

/// What a store has done since it was opened.
public struct StoreStatistics: Equatable, Sendable {
    /// Requests that wrote, whether they succeeded or not.
    public let requests: UInt64
    /// Transactions that reached the disk.
    public let commits: UInt64
    /// Requests refused because too many waited.
    public let refused: UInt64
    /// Requests that wait to write.
    public let waiting: Int
    /// Requests that wait to read.
    public let waitingReads: Int
}
