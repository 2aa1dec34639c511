// Command go calls each operation of the simulator with the AWS SDK for Go, and prints what it found as JSON: the
// operations, the sizes of the pages, the exceptions that it could match by type, and the problems.
//
// Usage: go ENDPOINT EXCEPTIONS, where EXCEPTIONS is a JSON object of the exceptions of each operation.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	taggingtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/workspaces"
	"github.com/aws/aws-sdk-go-v2/service/workspaces/types"
	"github.com/aws/smithy-go"
)

type report struct {
	Operations []string            `json:"operations"`
	Paginators map[string][]int    `json:"paginators"`
	Errors     map[string][]string `json:"errors"`
	Problems   []string            `json:"problems"`
}

// call is an operation and a function that calls it once.
type call struct {
	operation string
	run       func(context.Context) (any, error)
}

// exceptions are the modeled exceptions that the simulator can return, by name.
var exceptions = map[string]func() error{
	"AccessDeniedException":                 func() error { return &types.AccessDeniedException{} },
	"ApplicationNotSupportedException":      func() error { return &types.ApplicationNotSupportedException{} },
	"ComputeNotCompatibleException":         func() error { return &types.ComputeNotCompatibleException{} },
	"IncompatibleApplicationsException":     func() error { return &types.IncompatibleApplicationsException{} },
	"InvalidParameterValuesException":       func() error { return &types.InvalidParameterValuesException{} },
	"OperatingSystemNotCompatibleException": func() error { return &types.OperatingSystemNotCompatibleException{} },
	"OperationNotSupportedException":        func() error { return &types.OperationNotSupportedException{} },
	"ResourceAlreadyExistsException":        func() error { return &types.ResourceAlreadyExistsException{} },
	"ResourceInUseException":                func() error { return &types.ResourceInUseException{} },
	"ResourceNotFoundException":             func() error { return &types.ResourceNotFoundException{} },
	"ResourceUnavailableException":          func() error { return &types.ResourceUnavailableException{} },
	"InternalServiceException":              func() error { return &taggingtypes.InternalServiceException{} },
	"InvalidParameterException":             func() error { return &taggingtypes.InvalidParameterException{} },
	"PaginationTokenExpiredException":       func() error { return &taggingtypes.PaginationTokenExpiredException{} },
	"ThrottledException":                    func() error { return &taggingtypes.ThrottledException{} },
}

// hasType reports whether an error wraps one of the type that an exception has.
func hasType(err error, exception error) bool {
	target := reflect.New(reflect.TypeOf(exception))
	return errors.As(err, target.Interface())
}

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, endpoint string) error {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithBaseEndpoint(endpoint), config.WithRetryMaxAttempts(1))
	if err != nil {
		return err
	}
	client, tagging := workspaces.NewFromConfig(cfg), resourcegroupstaggingapi.NewFromConfig(cfg)
	found := report{Paginators: map[string][]int{}, Errors: map[string][]string{}, Problems: []string{}}

	calls := callsOf(client, tagging)
	for _, one := range calls {
		if _, err := one.run(ctx); err != nil {
			found.Problems = append(found.Problems, fmt.Sprintf("%s fails: %v", one.operation, err))
		}
		found.Operations = append(found.Operations, one.operation)
	}
	if err := checkIdentity(ctx, sts.NewFromConfig(cfg)); err != nil {
		found.Problems = append(found.Problems, err.Error())
	}
	if err := readPages(ctx, client, tagging, found.Paginators); err != nil {
		found.Problems = append(found.Problems, err.Error())
	}

	// The second argument lists the exceptions of each operation.
	var modeled map[string][]string
	if err := json.Unmarshal([]byte(os.Args[2]), &modeled); err != nil {
		return err
	}
	for _, one := range calls {
		for _, name := range modeled[one.operation] {
			if problem := raise(ctx, endpoint, one, name); problem != "" {
				found.Problems = append(found.Problems, problem)
			} else {
				found.Errors[one.operation] = append(found.Errors[one.operation], name)
			}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func callsOf(client *workspaces.Client, tagging *resourcegroupstaggingapi.Client) []call {
	workspace, application := aws.String("ws-office001"), aws.String("wsa-50ff234bh")
	return []call{
		{"DescribeWorkspaces", func(ctx context.Context) (any, error) {
			return client.DescribeWorkspaces(ctx, &workspaces.DescribeWorkspacesInput{})
		}},
		{"DescribeWorkspacesConnectionStatus", func(ctx context.Context) (any, error) {
			return client.DescribeWorkspacesConnectionStatus(ctx, &workspaces.DescribeWorkspacesConnectionStatusInput{})
		}},
		{"DescribeTags", func(ctx context.Context) (any, error) {
			return client.DescribeTags(ctx, &workspaces.DescribeTagsInput{ResourceId: workspace})
		}},
		{"DescribeApplications", func(ctx context.Context) (any, error) {
			return client.DescribeApplications(ctx, &workspaces.DescribeApplicationsInput{})
		}},
		{"DescribeWorkspaceAssociations", func(ctx context.Context) (any, error) {
			return client.DescribeWorkspaceAssociations(ctx, &workspaces.DescribeWorkspaceAssociationsInput{
				WorkspaceId:             workspace,
				AssociatedResourceTypes: []types.WorkSpaceAssociatedResourceType{"APPLICATION"},
			})
		}},
		{"DescribeApplicationAssociations", func(ctx context.Context) (any, error) {
			return client.DescribeApplicationAssociations(ctx, &workspaces.DescribeApplicationAssociationsInput{
				ApplicationId:           application,
				AssociatedResourceTypes: []types.ApplicationAssociatedResourceType{"WORKSPACE", "BUNDLE", "IMAGE"},
			})
		}},
		{"DescribeWorkspaceBundles", func(ctx context.Context) (any, error) {
			return client.DescribeWorkspaceBundles(ctx, &workspaces.DescribeWorkspaceBundlesInput{})
		}},
		{"DescribeBundleAssociations", func(ctx context.Context) (any, error) {
			return client.DescribeBundleAssociations(ctx, &workspaces.DescribeBundleAssociationsInput{
				BundleId:                aws.String("wsb-00000001"),
				AssociatedResourceTypes: []types.BundleAssociatedResourceType{"APPLICATION"},
			})
		}},
		{"DescribeImageAssociations", func(ctx context.Context) (any, error) {
			return client.DescribeImageAssociations(ctx, &workspaces.DescribeImageAssociationsInput{
				ImageId:                 aws.String("wsi-000000001"),
				AssociatedResourceTypes: []types.ImageAssociatedResourceType{"APPLICATION"},
			})
		}},
		{"AssociateWorkspaceApplication", func(ctx context.Context) (any, error) {
			return client.AssociateWorkspaceApplication(ctx, &workspaces.AssociateWorkspaceApplicationInput{
				WorkspaceId: workspace, ApplicationId: application,
			})
		}},
		{"DeployWorkspaceApplications", func(ctx context.Context) (any, error) {
			return client.DeployWorkspaceApplications(ctx, &workspaces.DeployWorkspaceApplicationsInput{WorkspaceId: workspace})
		}},
		{"DisassociateWorkspaceApplication", func(ctx context.Context) (any, error) {
			return client.DisassociateWorkspaceApplication(ctx, &workspaces.DisassociateWorkspaceApplicationInput{
				WorkspaceId: workspace, ApplicationId: application,
			})
		}},
		{"GetResources", func(ctx context.Context) (any, error) {
			return tagging.GetResources(ctx, &resourcegroupstaggingapi.GetResourcesInput{})
		}},
	}
}

func checkIdentity(ctx context.Context, client *sts.Client) error {
	identity, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	assumed, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         aws.String("arn:aws:iam::" + *identity.Account + ":role/wsap"),
		RoleSessionName: aws.String("test"),
		ExternalId:      aws.String("secret"),
	})
	if err != nil {
		return err
	}
	if !strings.HasSuffix(*assumed.AssumedRoleUser.AssumedRoleId, ":test") {
		return fmt.Errorf("the ID %s of the assumed role doesn't end with the session name", *assumed.AssumedRoleUser.AssumedRoleId)
	}
	_, err = client.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::123456789012:role/wsap"), RoleSessionName: aws.String("a b c"),
	})
	var rejected smithy.APIError
	if !errors.As(err, &rejected) || rejected.ErrorCode() != "ValidationError" {
		return fmt.Errorf("AssumeRole with an invalid session name ends with %v", err)
	}
	return nil
}

// readPages reads all pages of each paginator that the SDK has.
func readPages(ctx context.Context, client *workspaces.Client, tagging *resourcegroupstaggingapi.Client, sizes map[string][]int) error {
	all := workspaces.NewDescribeWorkspacesPaginator(client, &workspaces.DescribeWorkspacesInput{})
	for all.HasMorePages() {
		page, err := all.NextPage(ctx)
		if err != nil {
			return err
		}
		sizes["DescribeWorkspaces"] = append(sizes["DescribeWorkspaces"], len(page.Workspaces))
	}
	bundles := workspaces.NewDescribeWorkspaceBundlesPaginator(client, &workspaces.DescribeWorkspaceBundlesInput{})
	for bundles.HasMorePages() {
		page, err := bundles.NextPage(ctx)
		if err != nil {
			return err
		}
		sizes["DescribeWorkspaceBundles"] = append(sizes["DescribeWorkspaceBundles"], len(page.Bundles))
	}
	applications := workspaces.NewDescribeApplicationsPaginator(client, &workspaces.DescribeApplicationsInput{MaxResults: aws.Int32(5)})
	for applications.HasMorePages() {
		page, err := applications.NextPage(ctx)
		if err != nil {
			return err
		}
		sizes["DescribeApplications"] = append(sizes["DescribeApplications"], len(page.Applications))
	}
	associations := workspaces.NewDescribeApplicationAssociationsPaginator(client, &workspaces.DescribeApplicationAssociationsInput{
		ApplicationId:           aws.String("wsa-xrptsxx48"),
		AssociatedResourceTypes: []types.ApplicationAssociatedResourceType{"WORKSPACE"},
	})
	for associations.HasMorePages() {
		page, err := associations.NextPage(ctx)
		if err != nil {
			return err
		}
		sizes["DescribeApplicationAssociations"] = append(sizes["DescribeApplicationAssociations"], len(page.Associations))
	}
	resources := resourcegroupstaggingapi.NewGetResourcesPaginator(tagging, &resourcegroupstaggingapi.GetResourcesInput{})
	for resources.HasMorePages() {
		page, err := resources.NextPage(ctx)
		if err != nil {
			return err
		}
		sizes["GetResources"] = append(sizes["GetResources"], len(page.ResourceTagMappingList))
	}
	return nil
}

// raise calls an operation that fails with an exception, and returns what is wrong with the error of the SDK.
func raise(ctx context.Context, endpoint string, one call, name string) string {
	body, _ := json.Marshal([]map[string]string{{"fault": "Exception", "exception": name, "message": "simulated"}})
	if err := setFaults(endpoint, body); err != nil {
		return err.Error()
	}
	defer func() { _ = setFaults(endpoint, []byte("[]")) }()
	_, err := one.run(ctx)
	create, ok := exceptions[name]
	if !ok {
		return fmt.Sprintf("the SDK has no type for %s of %s", name, one.operation)
	}
	if !hasType(err, create()) {
		return fmt.Sprintf("%s ends with %v instead of %s", one.operation, err, name)
	}
	return ""
}

func setFaults(endpoint string, faults []byte) error {
	request, err := http.NewRequest(http.MethodPut, endpoint+"/_simulator/faults", bytes.NewReader(faults))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
