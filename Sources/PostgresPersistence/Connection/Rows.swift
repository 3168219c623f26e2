#if PostgreSQL
    import CLibPQ

    /// The rows that a statement returned, with text values and `nil` for NULL.
    struct Rows: Sendable {
        private let values: [[String?]]

        init(_ values: [[String?]] = []) { self.values = values }

        /// Copies a result of libpq.
        init(_ result: OpaquePointer) {
            let columns = unsafe PQnfields(result)
            values = unsafe (0..<PQntuples(result)).map { row in
                (0..<columns).map { column in
                    guard unsafe PQgetisnull(result, row, column) == 0,
                        let text = unsafe PQgetvalue(result, row, column)
                    else { return nil }
                    return unsafe String(cString: text)
                }
            }
        }

        var all: [Row] { values.map(Row.init) }
        /// The first row; `nil` for none.
        var first: Row? { values.first.map(Row.init) }
        func map<Value, Failure: Error>(_ transform: (Row) throws(Failure) -> Value) throws(Failure) -> [Value] {
            try values.map { value throws(Failure) in try transform(Row(values: value)) }
        }
    }

    /// A row of ``Rows``.
    struct Row: Sendable {
        let values: [String?]

        /// The value of a column; `nil` for NULL.
        subscript(column: Int) -> String? { values.indices.contains(column) ? values[column] : nil }
        /// Returns a column as a number; `nil` for NULL and for other texts.
        func number(_ column: Int) -> Int? { self[column].flatMap { Int($0) } }
        /// Returns a column as a Boolean; `false` for NULL.
        func isTrue(_ column: Int) -> Bool { self[column] == "t" }
    }
#endif
