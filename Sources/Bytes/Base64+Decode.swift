extension Base64 {
    /// The bytes that `text` stands for, or nil when it is not exactly right.
    ///
    /// Refused are characters outside the alphabet (white space too), lengths no encoder produces, bits set beyond the
    /// last byte (two texts would mean the same), and padding other than demanded; by default `.standard` requires
    /// padding and `.url` forbids it.
    public static func decode(
        _ text: UnsafeRawBufferPointer, alphabet: Alphabet = .standard, padding: Padding? = nil
    ) -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: decodedCountLimit(text.count)) { room, count in
            let decoded = decode(
                text, alphabet: alphabet, padding: padding, into: UnsafeMutableRawBufferPointer(room))
            failed = decoded == nil
            count = decoded ?? 0
        }
        return failed ? nil : bytes
    }

    /// The bytes that `text` stands for, or nil when it is not exactly right.
    public static func decode(
        _ text: some Collection<UInt8>, alphabet: Alphabet = .standard, padding: Padding? = nil
    ) -> [UInt8]? {
        let direct = text.withContiguousStorageIfAvailable {
            decode(UnsafeRawBufferPointer($0), alphabet: alphabet, padding: padding)
        }
        if let direct { return direct }
        return [UInt8](text).withUnsafeBytes { decode($0, alphabet: alphabet, padding: padding) }
    }

    /// The bytes that `text` stands for, or nil when it is not exactly right.
    public static func decode(_ text: String, alphabet: Alphabet = .standard, padding: Padding? = nil)
        -> [UInt8]?
    {
        decode(text.utf8, alphabet: alphabet, padding: padding)
    }

    /// Decodes into `target` without allocating and returns how many bytes it wrote.
    ///
    /// Nil when `text` is not exactly right, or when `target` has less room than `decodedCountLimit` says.
    public static func decode(
        _ text: UnsafeRawBufferPointer, alphabet: Alphabet, padding: Padding? = nil,
        into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard target.count >= decodedCountLimit(text.count), let out = target.baseAddress else { return nil }
        let demanded = padding ?? (alphabet == .standard ? .required : .forbidden)
        guard let count = significantCount(text, demanded) else { return nil }
        let values = values.utf8Start
        let (character62, character63): (UInt8, UInt8) = alphabet == .standard ? (0x2B, 0x2F) : (0x2D, 0x5F)
        // A character outside the alphabet has value 0x7F: its bit 6 stays in `seen`.
        var seen: UInt32 = 0
        func value(_ at: Int) -> UInt32 {
            let character = text[at]
            var value = UInt32(values[Int(character & 0x7F)])
            if value == 0x7F {
                if character == character62 { value = 62 }
                if character == character63 { value = 63 }
            }
            seen |= value | UInt32(character & 0x80)
            return value & 0x3F
        }
        var written = 0
        func put(_ byte: UInt32) {
            out.storeBytes(of: UInt8(truncatingIfNeeded: byte), toByteOffset: written, as: UInt8.self)
            written += 1
        }
        var at = 0
        while at + 4 <= count {
            let triple = value(at) << 18 | value(at + 1) << 12 | value(at + 2) << 6 | value(at + 3)
            put(triple >> 16)
            put(triple >> 8)
            put(triple)
            at += 4
        }
        let rest = count - at
        if rest > 0 {
            let triple = value(at) << 18 | value(at + 1) << 12 | (rest == 3 ? value(at + 2) << 6 : 0)
            guard triple & (rest == 3 ? 0xFF : 0xFFFF) == 0 else { return nil }
            put(triple >> 16)
            if rest == 3 { put(triple >> 8) }
        }
        return seen & 0xC0 == 0 ? written : nil
    }

    /// How many characters stand before the padding; nil when the length or the padding is wrong.
    private static func significantCount(_ text: UnsafeRawBufferPointer, _ padding: Padding) -> Int? {
        var count = text.count
        while count > 0, text.count - count < 2, text[count - 1] == equalsSign { count -= 1 }
        let padded = text.count - count
        guard count % 4 != 1 else { return nil }
        let complete = (4 - count % 4) % 4
        switch padding {
        case .required: return padded == complete ? count : nil
        case .forbidden: return padded == 0 ? count : nil
        case .optional: return padded == 0 || padded == complete ? count : nil
        }
    }

    // The value of each ASCII character but the two in which the alphabets differ; 0x7F for all others. A literal, because
    // an array would be made on first use under a lock, and checked at each look.
    private static let values: StaticString = """
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{34}\u{35}\u{36}\u{37}\u{38}\u{39}\u{3A}\u{3B}\
        \u{3C}\u{3D}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{00}\u{01}\u{02}\u{03}\u{04}\u{05}\u{06}\
        \u{07}\u{08}\u{09}\u{0A}\u{0B}\u{0C}\u{0D}\u{0E}\
        \u{0F}\u{10}\u{11}\u{12}\u{13}\u{14}\u{15}\u{16}\
        \u{17}\u{18}\u{19}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{1A}\u{1B}\u{1C}\u{1D}\u{1E}\u{1F}\u{20}\
        \u{21}\u{22}\u{23}\u{24}\u{25}\u{26}\u{27}\u{28}\
        \u{29}\u{2A}\u{2B}\u{2C}\u{2D}\u{2E}\u{2F}\u{30}\
        \u{31}\u{32}\u{33}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}
        """
}
