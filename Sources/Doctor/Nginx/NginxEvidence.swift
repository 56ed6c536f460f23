/// What the nginx configuration does with the subject's requests.
package struct NginxEvidence: Sendable {}
