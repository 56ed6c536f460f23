/// Balancers of a Terraform configuration, with the idle times their resources set or leave at the maker's default.
///
/// By blocks and `name = value` lines, which is what such resources are made of; expressions are not followed.
enum TerraformReader {
    static func balancers(_ file: SourceFile) -> [BalancerDescription] {
        var found: [BalancerDescription] = []
        var open: Resource?
        var depth = 0
        for line in file.lines.prefix(20_000) {
            let text = line.text.trimmed
            if text.hasPrefix("#") || text.hasPrefix("//") { continue }
            if open == nil, text.hasPrefix("resource "), let kind = text.between("\"", "\"") {
                open = Resource(kind: kind, place: file.place(line.number))
                depth = 0
            }
            guard var resource = open else { continue }
            if let name = text.before("=")?.trimmed, let value = text.after("=")?.trimmed.unquoted,
                !name.isEmpty
            {
                resource.set(name, value, file.place(line.number))
            }
            depth += text.utf8.reduce(0) { $0 + ($1 == 0x7B ? 1 : $1 == 0x7D ? -1 : 0) }
            open = resource
            if depth <= 0 {
                if let balancer = resource.balancer { found.append(balancer) }
                open = nil
            }
        }
        return found
    }

    private struct Resource {
        let kind: String
        let place: FilePlace
        var type = ""
        var idle: (seconds: Double, place: FilePlace)?

        mutating func set(_ name: String, _ value: String, _ at: FilePlace) {
            switch name {
            case "load_balancer_type": type = value
            case "idle_timeout", "timeout_sec", "request_timeout":
                idle = TimeText.seconds(value).map { ($0, at) }
            case "idle_timeout_in_minutes": idle = TimeText.seconds(value).map { ($0 * 60, at) }
            default: break
            }
        }

        /// By its kind; nil: it is no balancer.
        var balancer: BalancerDescription? {
            let maker: BalancerDescription.Kind? =
                switch kind {
                case "aws_lb", "aws_alb": type == "network" ? .nlb : type == "gateway" ? nil : .alb
                case "aws_elb": .classicELB
                case "azurerm_lb_rule", "azurerm_lb", "azurerm_application_gateway": .azure
                case "google_compute_backend_service", "google_compute_region_backend_service": .gcp
                default: nil
                }
            guard let maker, let seconds = idle?.seconds ?? maker.usualIdleTimeout else { return nil }
            return BalancerDescription(
                kind: maker, idleTimeout: seconds, isStated: idle != nil, at: idle?.place ?? place)
        }
    }
}
