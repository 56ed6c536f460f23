import Configuration

extension RouteTable {
    /// Adds the statistics of endpoints that are configured to tell them.
    ///
    /// - Parameter endpoints: in the order of the endpoint table.
    mutating func addStats(_ endpoints: [EndpointOptions]) throws(ServeError) {
        for (index, endpoint) in endpoints.enumerated() {
            guard let path = endpoint.stats else { continue }
            guard self[path].isEmpty else {
                throw .badEndpoint(
                    endpoint.path, "its statistics cannot be at \(path), which is answered already")
            }
            self[path] = [
                Route(for: .user) { _, connection in
                    connection.askCensus { census, _ in .json(200, census.stats(endpoint: index)) }
                    return nil
                }
            ]
        }
    }
}
