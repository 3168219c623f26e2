/// A type whose stored form is an object with named members.
///
/// The form is described once, by ``store(in:)`` and ``init(stored:)``. `Codable` and the package's own JSON coder both
/// use that description. Members are stored in the order of their names, so that no writer has to sort them.
public protocol StoredForm: Codable {
    /// Writes the members.
    func store(in members: StoredMemberWriter) throws

    /// Reads the members and ignores unknown ones.
    init(stored members: StoredMemberReader) throws
}
