extension String {
    /// Returns the word that this one was probably meant to be; `nil` for none.
    ///
    /// A word with the same beginning is preferred to one that differs in few characters.
    package func nearName(in words: [String]) -> String? {
        let words = words.map { (word: $0, distance: distance(to: $0)) }
        let start = prefix(4)
        let alike = start.isEmpty ? [] : words.filter { $0.word.hasPrefix(start) }
        let near = words.filter { $0.distance <= Swift.max(1, count / 3) }
        return (alike.isEmpty ? near : alike).min { $0.distance < $1.distance }?.word
    }

    /// Returns the number of characters to insert, delete, replace or swap with their neighbour to get the other word
    /// (the optimal string alignment distance).
    private func distance(to other: String) -> Int {
        let (mine, theirs) = (Array(self), Array(other))
        var rows = [Array(0...theirs.count)]
        for (row, letter) in mine.enumerated() {
            var next = [row + 1]
            for (column, target) in theirs.enumerated() {
                var best = Swift.min(
                    rows[row][column] + (letter == target ? 0 : 1), rows[row][column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, letter == theirs[column - 1], mine[row - 1] == target {
                    best = Swift.min(best, rows[row - 1][column - 1] + 1)
                }
                next.append(best)
            }
            rows.append(next)
        }
        return rows[mine.count][theirs.count]
    }
}
