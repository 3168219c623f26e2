import EnvironmentDomain
import Foundation
import Testing

/// The table of the repository's errors: which test brings each about.
struct ErrorCodeTests {
    static let tests: [RepositoryError.Code: String] = [
        .serializationFailed: "aDocumentThatCannotBeEncodedLeavesWhatWasStored",
        .deserializationFailed: "damageHasACodeOfItsOwnAndIsNamed",
        .corruptedStateFile: "aLeaseRefusesMembersThatASaveWouldDrop",
        .checksumMismatch: "damageHasACodeOfItsOwnAndIsNamed",
        .schemaTooNew: "theStateOfANewerProgramIsNotReplacedByABackup",
        .wrongEnvironment: "aRenamedFolderIsNotAnEnvironmentOfItsNewName",
        .notRegularFile: "whatIsNoFileInTheStateFilesPlaceIsRefusedAndLeftAlone",
        .tooLarge: "aFileThatIsTooLargeIsNotRead",
        .lockAcquisitionFailed: "theErrorNamesTheProcessThatHoldsTheLock",
        .lockUnusable: "whatIsNoFileInTheLockFilesPlaceIsAnErrorAndNeverAWait",
        .lockLost: "aLeaseWithoutItsLockFileSavesNothing",
        .conflict: "aStateThatWasChangedBehindTheLeaseIsAConflictAndLeftAsItIs",
        .directoryCreationFailed: "aFolderThatCannotBeMadeIsAnError",
        .foreignFolder: "whatHoldsOtherThingsIsNoEnvironmentsFolder",
        .insufficientSpace: "aFullDiskIsAnErrorOfTheSaveAndLeavesTheStateAlone",
        .notWritable: "aFolderThatCannotBeWrittenIsAnErrorOfTheSaveAndLeavesTheStateAlone",
        .writeStateFailed: "aFailureBeforeTheRenameIsAnErrorAndLeavesTheOldStateAndNothingElse",
        .readStateFailed: "aStateFileThatCannotBeReadIsAnErrorThatSaysSo",
        .busy: "aDeleteWaitsForNoChildAndSaysThatItWorks",
        .recordRefused: "whatCannotBeBroughtInChangesNothing",
        .frozen: "whatIsFrozenIsNeitherRestoredNorRecovered",
        .cancelled: "aRepositoryKeepsEveryPromise",
        .durabilityUnknown: "aFailureBehindTheRenameIsAnErrorAndTheNewStateIsInPlace",
        .deleteStateFailed: "aStateThatCannotBeRemovedIsAnErrorOfTheDelete",
    ]

    @Test(arguments: RepositoryError.Code.allCases)
    func everyErrorHasATestThatBringsItAbout(_ code: RepositoryError.Code) throws {
        let test = try #require(Self.tests[code])
        let folder = parent(#filePath)
        let sources = try names(in: folder).filter { $0.hasSuffix("Tests.swift") && $0 != "ErrorCodeTests.swift" }
        #expect(try sources.contains { try text("\(folder)/\($0)").contains("func \(test)(") }, "\(test)")
    }

    @Test func anErrorReadsAsItsMessageAndItsCause() {
        let error = RepositoryError(.readStateFailed, "It cannot be read.", cause: RepositoryError(.busy, "Why not."))
        #expect("\(error)" == "It cannot be read. [Why not.]")
        #expect("\(RepositoryError(.busy, "Why not."))" == "Why not.")
    }

    private func parent(_ path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }
}
