import EnvironmentDomain

extension Session {
    /// Reads environments, four at a time.
    ///
    /// - Returns: what was read, in the order of the names, without the environments that are gone.
    func read<Value: Sendable>(
        _ names: [EnvironmentName], _ read: @escaping @Sendable (EnvironmentName) async -> Value?
    ) async -> [Value] {
        await withTaskGroup(of: (start: Int, values: [Value]).self) { group in
            // With a database each has a connection.
            let size = max(1, (names.count + 3) / 4)
            for start in stride(from: 0, to: names.count, by: size) {
                group.addTask {
                    var values: [Value] = []
                    for name in names[start..<min(start + size, names.count)] {
                        if let value = await read(name) { values.append(value) }
                    }
                    return (start, values)
                }
            }
            let parts = await group.reduce(into: []) { $0.append($1) }
            return parts.sorted { $0.start < $1.start }.flatMap(\.values)
        }
    }
}
