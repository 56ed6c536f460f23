import Bytes
import PubSub

/// A topic's message on its way to sockets: what loops hand each other, before any namespace has made a packet of it.
///
///     count:4  kind:1  flags:1  except:2  offset:8  epoch:8  time:8  | except × 16 | data
struct EventRecord {
    enum Kind: UInt8 {
        /// Data of a publication.
        case message = 0
        /// Who came or went.
        case presence = 1
    }

    var kind: Kind
    var isVolatile: Bool
    var position: StreamPosition
    /// When it was published; of messages of the past alone.
    var time: Int64
    var except: [EngineID]
    /// Points into the records it was read from.
    var data: UnsafeRawBufferPointer

    private static let headLength = 32

    /// Appends a record.
    static func append(
        _ kind: Kind, _ position: StreamPosition, _ data: UnsafeRawBufferPointer, _ marks: EventMarks?,
        time: Int64 = 0, to buffer: ByteBuffer
    ) {
        let except = marks?.except ?? []
        let head = buffer.reserve(headLength)
        head.storeBytes(of: UInt32(truncatingIfNeeded: data.count), as: UInt32.self)
        head.storeBytes(of: kind.rawValue, toByteOffset: 4, as: UInt8.self)
        head.storeBytes(of: marks?.isVolatile == true ? 1 : 0, toByteOffset: 5, as: UInt8.self)
        head.storeBytes(
            of: UInt16(truncatingIfNeeded: except.count), toByteOffset: 6, as: UInt16.self)
        head.storeBytes(of: position.offset, toByteOffset: 8, as: UInt64.self)
        head.storeBytes(of: position.epoch.value, toByteOffset: 16, as: UInt64.self)
        head.storeBytes(of: time, toByteOffset: 24, as: Int64.self)
        buffer.commit(headLength)
        for id in except.prefix(Int(UInt16.max)) { id.append(to: buffer) }
        buffer.append(data)
    }

    /// Goes through records in their order.
    static func forEach(_ bytes: UnsafeRawBufferPointer, _ body: (EventRecord) -> Void) {
        var at = 0
        while bytes.count &- at >= headLength {
            let count = Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            let others = Int(bytes.loadUnaligned(fromByteOffset: at &+ 6, as: UInt16.self))
            let start = at &+ headLength &+ others &* EngineID.wireLength
            guard start &+ count <= bytes.count else { return }
            var except: [EngineID] = []
            for index in 0..<others {
                except.append(EngineID(bytes, at: at &+ headLength &+ index &* EngineID.wireLength))
            }
            body(
                EventRecord(
                    kind: Kind(rawValue: bytes[at &+ 4]) ?? .message, isVolatile: bytes[at &+ 5] != 0,
                    position: StreamPosition(
                        epoch: Epoch(bytes.loadUnaligned(fromByteOffset: at &+ 16, as: UInt64.self)),
                        offset: bytes.loadUnaligned(fromByteOffset: at &+ 8, as: UInt64.self)),
                    time: bytes.loadUnaligned(fromByteOffset: at &+ 24, as: Int64.self), except: except,
                    data: UnsafeRawBufferPointer(rebasing: bytes[start..<start &+ count])))
            at = start &+ count
        }
    }
}

extension EngineID {
    static let wireLength = 16

    init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
        self.init(
            high: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self),
            low: bytes.loadUnaligned(fromByteOffset: start &+ 8, as: UInt64.self))
    }

    func append(to buffer: ByteBuffer) {
        let room = buffer.reserve(Self.wireLength)
        room.storeBytes(of: high, as: UInt64.self)
        room.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
        buffer.commit(Self.wireLength)
    }
}
