/// The importance of a line that a program reports.
public enum EventWeight: Hashable, Sendable {
    /// The line is read, and stays in the file for later readers.
    case kept
    /// The line is read, and need not stay in the file.
    case read
    /// The line is for people and useful only while it is new; when there are many such lines, only the newest are
    /// read.
    case passing
}
