/// What the files that are no nginx configuration say.
package struct FileEvidence: Sendable {
    package init() {}
}
