import DocumentStore
import OperatingSystem

/// Follows the lines of a log, the oldest first, and finds what contradicts the chain that they are.
struct LogChain: Sendable {
    private(set) var flaws: [DocumentHistory.Flaw] = []
    /// The serials from the first line to the last.
    private(set) var serials: ClosedRange<Int>?
    /// The checksum of each line, for those that two files share: a rotation that was cut short repeats one file.
    private var checksums: [Int: UInt32] = [:]
    private var checksumsBefore: [Int: UInt32] = [:]
    private var place: String?
    private var isLastWhole = false

    /// Takes in the next line.
    ///
    /// - Parameters:
    ///   - whole: the line, when it is one of this version.
    ///   - link: its serial and the checksum that it has of the line before, when it can be read.
    /// - Returns: whether it is another line than those before, and can be read.
    mutating func add(_ text: LogText, _ whole: LogLine?, _ link: (serial: Int, previous: UInt32?)?) -> Bool {
        func flaw(_ kind: DocumentHistory.Flaw.Kind, _ serial: Int?) {
            flaws.append(DocumentHistory.Flaw(file: text.place, line: text.number, serial: serial, kind: kind))
        }
        // A line of version 1 has no document and no checksum of its own.
        guard whole != nil || !LogLine.isBegun(text.bytes[...]), let (serial, previous) = link else {
            flaw(.damaged, whole?.serial)
            return false
        }
        if place != text.place {
            place = text.place
            (checksumsBefore, checksums) = (checksums, [:])
        }
        let checksum = crc32c(text.bytes)
        if let known = checksums[serial] ?? checksumsBefore[serial] {
            if known == checksum { checksums[serial] = checksum } else { flaw(.edited, serial) }
            return false
        }
        if let last = serials?.upperBound {
            guard serial > last else {
                flaw(.moved, serial)
                return false
            }
            if serial > last + 1 {
                flaw(.missing(last + 1...serial - 1), serial)
            }
            // Where backups became lines of this version, a line of version 1 still names the one that was there.
            else if let previous, previous != checksums[last] ?? checksumsBefore[last], whole != nil || !isLastWhole {
                flaw(.edited, last)
            }
        }
        checksums[serial] = checksum
        serials = (serials?.lowerBound ?? serial)...serial
        isLastWhole = whole != nil
        return true
    }
}
