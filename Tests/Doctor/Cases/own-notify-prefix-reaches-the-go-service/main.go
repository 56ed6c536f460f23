package main

import (
	"log"
	"net/http"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", serveWs)
	mux.HandleFunc("/healthz", health)
	log.Fatal(http.ListenAndServe("127.0.0.1:19001", mux))
}
