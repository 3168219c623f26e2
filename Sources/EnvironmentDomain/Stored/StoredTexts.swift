/// The stored form of texts by name: an object with one member for each name.
struct StoredTexts: StoredForm {
    let texts: [String: String]

    init(_ texts: [String: String]) { self.texts = texts }

    /// Creates the form of texts under validated names.
    init<Name: ValidatedText>(_ texts: [Name: String]) {
        self.texts = Dictionary(uniqueKeysWithValues: texts.map { ($0.key.text, $0.value) })
    }

    func store(in members: StoredMemberWriter) throws {
        for name in texts.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            try members.writeIfPresent(texts[name], as: name)
        }
    }

    init(stored members: StoredMemberReader) throws {
        var texts: [String: String] = [:]
        for name in members.names { texts[name] = try members.required(name) as String }
        self.texts = texts
    }

    /// Returns the texts under validated names.
    func named<Name: ValidatedText>(_: Name.Type = Name.self, in members: StoredMemberReader) throws -> [Name:
        String]
    {
        var named: [Name: String] = [:]
        for (name, text) in texts {
            do throws(InvalidValue) {
                named[try Name(name)] = text
            } catch {
                throw members.invalid(nil, error.description)
            }
        }
        return named
    }
}
