import Foundation
import TestSupport
import Testing

@Suite("References in the documents")
struct LinkTests {
    @Test("A link leads to a file", arguments: Document.all)
    func links(document: Document) {
        for match in document.prose.matches(of: /\]\(([^)#]+)\)/) where !match.1.contains("://") {
            let path = document.folder.isEmpty ? String(match.1) : "\(document.folder)/\(match.1)"
            #expect(PackageFiles.exists(path), "\(path)")
        }
    }

    @Test("A link to an article leads to an article of the same module", arguments: Document.articles)
    func articleLinks(document: Document) {
        for match in document.prose.matches(of: /<doc:(\w+)>/) {
            #expect(PackageFiles.exists("\(document.folder)/\(match.1).md"), "\(match.1)")
        }
    }

    @Test("A path of the package exists", arguments: Document.all)
    func paths(document: Document) {
        for match in document.prose.matches(of: /`((?:Sources|Tests|Examples|Scripts|\.ci)(?:\/[\w+.-]+)*)`/) {
            #expect(PackageFiles.exists(String(match.1)), "\(match.1)")
        }
    }

    @Test("A test file that a document names exists", arguments: Document.all)
    func testFiles(document: Document) {
        let files = PackageFiles.files(in: "Tests", ending: ".swift").map { $0.split(separator: "/").last ?? "" }
        for match in document.prose.matches(of: /`(\w+Tests)`/) {
            #expect(files.contains("\(match.1).swift"), "\(match.1)")
        }
    }

    @Test("A module's page names its articles and its public types under topics", arguments: Document.modules)
    func topics(module: String) throws {
        let page = try PackageFiles.text("Sources/\(module)/\(module).docc/\(module).md")
        for article in PackageFiles.files(in: "Sources/\(module)/\(module).docc", ending: ".md") {
            let name = article.split(separator: "/").last?.dropLast(3) ?? ""
            #expect(name == module || page.contains("- <doc:\(name)>"), "\(article)")
        }
        for file in PackageFiles.swiftFiles(in: "Sources/\(module)") {
            let source = try String(contentsOf: file, encoding: .utf8)
            let declaration = /(?m)^public (?:final )?(?:struct|class|enum|actor|protocol|typealias) (\w+)/
            for match in source.matches(of: declaration) {
                #expect(page.contains("- ``\(match.1)``\n"), "\(match.1) of \(file.lastPathComponent)")
            }
        }
    }
}
