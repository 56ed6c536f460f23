const s=new WebSocket(location.origin.replace("http","ws")+"/ws");s.onopen=()=>{};
