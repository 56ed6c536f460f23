@main struct Sockeye {
    static func main() {}
}
