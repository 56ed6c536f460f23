@main
struct StoreBench {
    static func main() {}
}
