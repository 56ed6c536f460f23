const s=new WebSocket("ws://localhost:7002/ws");s.onopen=()=>{};
