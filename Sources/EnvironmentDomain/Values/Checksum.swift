/// A CRC-32C checksum, written `crc32c:` and eight lower-case hexadecimal digits.
///
/// The polynomial is Castagnoli's (reflected 0x82F63B78), as used by iSCSI (RFC 3720), ext4 and Btrfs. The checksum
/// detects accidents and edits, not attacks.
public struct Checksum: ValidatedText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.hasPrefix(Self.prefix),
            text.dropFirst(Self.prefix.count).consists(of: .hexadecimal, then: .hexadecimal, length: 8...8)
        else {
            throw InvalidValue(
                kind: "checksum", text: text, rule: "crc32c: and eight lower-case hexadecimal digits",
                example: "crc32c:0a1b2c3d")
        }
        self.text = text
    }

    /// Computes the checksum of the bytes.
    public init(of bytes: some Sequence<UInt8>) {
        var remainder = UInt32.max
        for byte in bytes {
            remainder = remainder >> 8 ^ Self.table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)]
        }
        self.init(~remainder)
    }

    /// Creates a checksum from its numeric value.
    package init(_ value: UInt32) { text = Self.prefix + hexadecimal(value) }

    /// The numeric value of the checksum.
    package var value: UInt32 { UInt32(digits, radix: 16) ?? 0 }

    /// The eight digits without the prefix.
    public var digits: String { String(text.suffix(8)) }

    private static let prefix = "crc32c:"

    /// The CRC of each byte value.
    ///
    /// The method is Dilip Sarwate's ("Computation of cyclic redundancy checks via table look-up", 1988).
    private static let table = (0..<256 as Range<UInt32>).map { byte in
        (0..<8).reduce(byte) { remainder, _ in remainder >> 1 ^ (remainder & 1) * 0x82F6_3B78 }
    }
}
