// Serves git repositories over SSH on 127.0.0.1 to the owner of one key, as a forge does.
// Arguments: host key, authorized public key. The first line that it prints is its port.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"regexp"

	"golang.org/x/crypto/ssh"
)

var uploadPack = regexp.MustCompile(`^git-upload-pack '([^']+)'$`)

func main() {
	hostKey, err := os.ReadFile(os.Args[1])
	check(err)
	signer, err := ssh.ParsePrivateKey(hostKey)
	check(err)
	public, err := os.ReadFile(os.Args[2])
	check(err)
	authorized, _, _, _, err := ssh.ParseAuthorizedKey(public)
	check(err)
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if string(key.Marshal()) != string(authorized.Marshal()) {
				return nil, fmt.Errorf("unknown key")
			}
			return nil, nil
		},
	}
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		connection, err := listener.Accept()
		check(err)
		go serve(connection, config)
	}
}

func serve(connection net.Conn, config *ssh.ServerConfig) {
	_, channels, requests, err := ssh.NewServerConn(connection, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go session(channel, requests)
	}
}

func session(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	for request := range requests {
		if request.Type != "exec" {
			request.Reply(false, nil)
			continue
		}
		request.Reply(true, nil)
		var payload struct{ Command string }
		status := uint32(1)
		if ssh.Unmarshal(request.Payload, &payload) == nil {
			if match := uploadPack.FindStringSubmatch(payload.Command); match != nil {
				status = run(channel, match[1])
			}
		}
		channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
		return
	}
}

func run(channel ssh.Channel, path string) uint32 {
	command := exec.Command("git", "upload-pack", path)
	command.Stdout, command.Stderr = channel, channel.Stderr()
	input, err := command.StdinPipe()
	if err != nil || command.Start() != nil {
		return 1
	}
	go func() { io.Copy(input, channel); input.Close() }()
	if command.Wait() != nil {
		return 1
	}
	return 0
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
