package s3

import (
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Config says where the server is and who asks.
type Config struct {
	Endpoint string // a URL, such as http://127.0.0.1:9000; "" for Amazon's
	Region   string // "" asks the server
	// Key, Secret and Token are credentials; without a Key they are looked for in File,
	// then by Roles.
	Key, Secret, Token string
	File, Profile      string            // ~/.aws/credentials and a section of it; "" for none
	Roles              credentials.IAM   // of a pod, a container or a machine
	NoRoles            bool              // do not ask for them
	Retries            int               // tries of a request; 0 for 10
	Transport          http.RoundTripper // nil for the library's own
}

// ConfigFromEnv is the configuration that the AWS tools take from the environment:
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; AWS_PROFILE and
// AWS_SHARED_CREDENTIALS_FILE, or .aws/credentials in home; the roles of pods, containers
// and machines, unless AWS_EC2_METADATA_DISABLED is true; AWS_REGION, AWS_DEFAULT_REGION;
// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL; AWS_MAX_ATTEMPTS is left to the caller.
func ConfigFromEnv(getenv func(string) string, home string) Config {
	first := func(names ...string) string {
		for _, name := range names {
			if value := getenv(name); value != "" {
				return value
			}
		}
		return ""
	}
	c := Config{
		Endpoint: first("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"), Region: first("AWS_REGION", "AWS_DEFAULT_REGION"),
		Key: getenv("AWS_ACCESS_KEY_ID"), Secret: getenv("AWS_SECRET_ACCESS_KEY"), Token: getenv("AWS_SESSION_TOKEN"),
		File: first("AWS_SHARED_CREDENTIALS_FILE"), Profile: first("AWS_PROFILE"),
		NoRoles: strings.EqualFold(getenv("AWS_EC2_METADATA_DISABLED"), "true"),
	}
	if c.File == "" && home != "" {
		c.File = filepath.Join(home, ".aws", "credentials")
	}
	if c.Profile == "" {
		c.Profile = "default"
	}
	r := &c.Roles
	r.Region = c.Region
	r.Container.AuthorizationToken = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	r.Container.AuthorizationTokenFile = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
	r.Container.CredentialsFullURI = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	r.Container.CredentialsRelativeURI = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
	r.EKSIdentity.TokenFile = getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
	r.EKSIdentity.RoleARN = getenv("AWS_ROLE_ARN")
	r.EKSIdentity.RoleSessionName = getenv("AWS_ROLE_SESSION_NAME")
	return c
}

// credentials asks one source after another.
func (c Config) credentials() *credentials.Credentials {
	if c.Key != "" {
		return credentials.NewStaticV4(c.Key, c.Secret, c.Token)
	}
	var sources []credentials.Provider
	if c.File != "" {
		sources = append(sources, &credentials.FileAWSCredentials{Filename: c.File, Profile: c.Profile})
	}
	if !c.NoRoles || c.Roles.EKSIdentity.TokenFile != "" || c.Roles.Container.CredentialsFullURI+c.Roles.Container.CredentialsRelativeURI != "" {
		roles := c.Roles
		sources = append(sources, &roles)
	}
	return credentials.NewChainCredentials(sources)
}

func (c Config) client() (*minio.Core, error) {
	endpoint := &url.URL{Scheme: "https", Host: "s3.amazonaws.com"}
	if c.Endpoint != "" {
		u, err := url.Parse(c.Endpoint)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
			return nil, errors.New("the endpoint " + c.Endpoint + " is not a URL, such as http://127.0.0.1:9000")
		}
		endpoint = u
	}
	return minio.NewCore(endpoint.Host, &minio.Options{
		Creds: c.credentials(), Secure: endpoint.Scheme == "https", Region: c.Region, Transport: c.Transport,
		TrailingHeaders: true, MaxRetries: c.Retries,
	})
}
