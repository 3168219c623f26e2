/// How much depends on a line that a program reports.
public enum EventWeight: Hashable, Sendable {
    /// It is read, and stays in the file for later readers.
    case kept
    /// It is read, and need not stay in the file.
    case read
    /// It is for people and of use while it is new: of many, the newest are read.
    case passing
}
