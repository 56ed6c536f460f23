import CSystem
import Transport

/// What leaves in a turn in one piece per connection: by a ring of sends where the kernel has one, by a system call each where not.
///
/// Two uses, one after the other and never at once: answers that were gathered while input was read (``hold(_:for:_:)``), and
/// one stretch of bytes for many connections (``begin(_:)``, ``send(_:to:slot:)``, ``finish()``).
final class TurnSends {
    /// A connection that did not take all, and how much it took: 0 also where the socket has an error to tell.
    typealias Shortfall = (slot: UInt32, sent: Int)

    private let ring: SendRing?
    /// The same where it is not counted, which for every send would cost as much as adding it.
    private let uncounted: Unmanaged<SendRing>?
    /// Where answers lie until they are sent.
    private let answers: UnsafeMutableRawBufferPointer
    private var answersEnd = 0
    /// Whose answers these are.
    private(set) var held: ContiguousArray<UInt32> = []
    /// Whether answers of this turn are worth holding: with few of them a ring costs more than it saves.
    private var holdsAnswers = false

    private var usesRing = false
    private var sentBytes = 0
    private var shortfalls: [Shortfall] = []

    /// Longer answers leave at once: moving them costs what the system call would.
    private static let answerLimit = 2_048
    /// Fewer sends than this are no crowd.
    private static let crowd = 4

    /// On the thread that sends.
    ///
    /// - Parameter usesRing: whether to ask the kernel for a ring.
    init(usesRing: Bool) {
        ring = usesRing ? try? SendRing() : nil
        uncounted = ring.map { .passUnretained($0) }
        answers = .allocate(byteCount: ring == nil ? 0 : SendRing.capacity * Self.answerLimit, alignment: 64)
    }

    deinit { answers.deallocate() }

    // MARK: Answers

    /// A turn begins with so many events.
    func beginTurn(_ events: Int) {
        holdsAnswers = ring != nil && events >= Self.crowd
    }

    /// Keeps a copy of an answer, to be sent with others.
    ///
    /// - Returns: whether it is kept; if not, the caller sends.
    func hold(_ bytes: UnsafeRawBufferPointer, for slot: UInt32, _ fileDescriptor: Int32) -> Bool {
        guard holdsAnswers, bytes.count <= Self.answerLimit, let uncounted else { return false }
        return uncounted._withUnsafeGuaranteedRef { hold(bytes, for: slot, fileDescriptor, in: $0) }
    }

    @inline(__always)
    private func hold(
        _ bytes: UnsafeRawBufferPointer, for slot: UInt32, _ fileDescriptor: Int32, in ring: SendRing
    ) -> Bool {
        if ring.isFull { return false }
        let end = answersEnd &+ bytes.count
        let place = UnsafeMutableRawBufferPointer(rebasing: answers[answersEnd..<end])
        place.copyMemory(from: bytes)
        ring.add(UnsafeRawBufferPointer(place), to: fileDescriptor, slot: slot)
        held.append(slot)
        answersEnd = end
        return true
    }

    /// Whether there is no room for a further answer.
    var isFull: Bool { uncounted?._withUnsafeGuaranteedRef { $0.isFull } == true }

    /// From here on, answers leave at once.
    func endHolding() {
        holdsAnswers = false
    }

    /// Sends the answers that were kept.
    ///
    /// - Parameter rest: called for what a connection did not take.
    func sendAnswers(_ rest: (UInt32, UnsafeRawBufferPointer) -> Void) {
        ring?.submit { rest($0.slot, UnsafeRawBufferPointer(rebasing: $0.bytes[max(0, $0.result)...])) }
        held.removeAll(keepingCapacity: true)
        answersEnd = 0
    }

    // MARK: One stretch for many

    /// Sends to so many connections follow.
    func begin(_ takers: Int) {
        usesRing = takers >= Self.crowd && ring != nil
        sentBytes = 0
    }

    /// Sends now or with the next ones.
    @inline(__always)
    func send(_ bytes: UnsafeRawBufferPointer, to fileDescriptor: Int32, slot: UInt32) {
        if usesRing, let uncounted {
            uncounted._withUnsafeGuaranteedRef { ring in
                if ring.isFull { submit(ring) }
                ring.add(bytes, to: fileDescriptor, slot: slot)
            }
            sentBytes &+= bytes.count
        } else {
            let sent = csys_send(fileDescriptor, bytes.baseAddress, bytes.count)
            if sent > 0 { sentBytes &+= sent }
            if sent != bytes.count { shortfalls.append((slot, max(0, sent))) }
        }
    }

    /// All are sent.
    ///
    /// - Returns: how many bytes went out, and who did not take all.
    func finish() -> (bytes: Int, shortfalls: [Shortfall]) {
        if usesRing, let ring { submit(ring) }
        defer { shortfalls = [] }
        return (sentBytes, shortfalls)
    }

    private func submit(_ ring: SendRing) {
        ring.submit {
            shortfalls.append(($0.slot, max(0, $0.result)))
            sentBytes &-= $0.bytes.count &- max(0, $0.result)
        }
    }
}
