import PubSub

/// What fan-out must know of a connection, sixteen bytes side by side by slot, so that a delivery to thousands
/// touches no connection object unless something about it is out of the ordinary.
struct Outlets {
    /// Why a delivery cannot go straight to the descriptor.
    struct Obstacles: OptionSet {
        let rawValue: UInt32
        /// Earlier output still waits in the connection's queue.
        static let queued = Obstacles(rawValue: 1)
        /// Bytes must pass through TLS.
        static let encrypted = Obstacles(rawValue: 2)
        /// Output of this turn already waits in parts.
        static let hasParts = Obstacles(rawValue: 4)
        /// Not open, or closing: nothing more is delivered.
        static let closed = Obstacles(rawValue: 8)
        /// Frames become server-sent events first.
        static let rewritten = Obstacles(rawValue: 16)
        /// An answer of this turn is held to be sent with others.
        static let answered = Obstacles(rawValue: 32)
    }

    struct Outlet {
        var fileDescriptor: Int32 = -1
        var obstacles: Obstacles = .closed
        /// The first and last part of this turn's output, while `hasParts`.
        var firstPart: UInt32 = 0
        var lastPart: UInt32 = 0
    }

    /// A stretch of bytes to send at the end of the turn: offsets, because buffers move while they grow.
    struct Part {
        /// Index into the pending topics; -1 for the turn's replies.
        var source: Int32
        var lane: Hub.Lane
        var start: Int
        var count: Int
        var next: UInt32
    }

    private(set) var table: ContiguousArray<Outlet> = []
    private(set) var parts: ContiguousArray<Part> = []
    /// Slots that have parts, in the order they got their first.
    private(set) var touched: ContiguousArray<UInt32> = []

    @inline(__always)
    subscript(slot: UInt32) -> Outlet {
        table[Int(slot)]
    }

    mutating func open(_ slot: UInt32, fileDescriptor: Int32) {
        while table.count <= Int(slot) { table.append(Outlet()) }
        table[Int(slot)] = Outlet(fileDescriptor: fileDescriptor, obstacles: .closed)
    }

    mutating func set(_ obstacle: Obstacles, _ present: Bool, for slot: UInt32) {
        if present {
            table[Int(slot)].obstacles.insert(obstacle)
        } else {
            table[Int(slot)].obstacles.remove(obstacle)
        }
    }

    mutating func close(_ slot: UInt32) {
        table[Int(slot)] = Outlet()
    }

    /// Adds a part to a connection's output of this turn.
    mutating func addPart(_ slot: UInt32, source: Int32, lane: Hub.Lane, start: Int, count: Int) {
        let index = UInt32(parts.count)
        parts.append(Part(source: source, lane: lane, start: start, count: count, next: .max))
        if table[Int(slot)].obstacles.contains(.hasParts) {
            parts[Int(table[Int(slot)].lastPart)].next = index
        } else {
            table[Int(slot)].obstacles.insert(.hasParts)
            table[Int(slot)].firstPart = index
            touched.append(slot)
        }
        table[Int(slot)].lastPart = index
    }

    /// Forgets a connection's parts once they are sent.
    mutating func clearParts(_ slot: UInt32) {
        table[Int(slot)].obstacles.remove(.hasParts)
    }

    /// Ends the turn: parts and touched slots are gone, their memory is kept.
    mutating func endTurn() {
        parts.removeAll(keepingCapacity: true)
        touched.removeAll(keepingCapacity: true)
    }
}
