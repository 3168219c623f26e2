/// When a log begins a new file, and how many of the older ones are kept.
public struct LogRotation: Hashable, Sendable {
    /// The size that a file does not exceed, unless a single line does (bytes).
    public let sizeLimit: Int
    /// How many older files are kept beside the one that is written: `NAME.1` is the newest of them.
    public let filesKept: Int

    /// Describes a rotation; at least one byte and one file.
    public init(sizeLimit: Int = 10 << 20, filesKept: Int = 5) {
        self.sizeLimit = max(1, sizeLimit)
        self.filesKept = max(1, filesKept)
    }
}
